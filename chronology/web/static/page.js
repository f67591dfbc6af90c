// The buttons that copy the citation or the permalink of a page.
for (const box of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) break;
  box.hidden = false;
  const says = box.querySelector("[role=status]");
  for (const button of box.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        says.textContent = "Copied.";
      } catch {
        says.textContent = "The browser blocked copying; select the text above.";
      }
    });
  }
}

// A picture that cannot be loaded may have been taken away since the page was made.
addEventListener("error", ({ target }) => {
  if (!(target instanceof HTMLImageElement)) return;
  if (target.matches(".thumb, .card .picture")) return target.remove();
  const figure = target.closest(".medium");
  if (!figure) return;
  figure.classList.add("withheld");
  const says = Object.assign(document.createElement("p"), { className: "none", textContent: "This picture is withheld." });
  (target.closest("a") ?? target).replaceWith(says);
}, true);
