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
