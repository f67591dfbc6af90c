"""Media: adding files, recording them, serving them, verifying and copying them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import commands
import httpx
import pytest
from conftest import Timeline
from in_process import HERE, in_process
from media_files import BATCH, CONTENTS, NAMES, OGG, PDF, PNG, named
from server import CONFIGURATION, ROOT

from chronology.ingest import replication
from chronology.ingest.media_copies import Copies, copy_media
from chronology.model.errors import BatchRefused
from chronology.store import media
from chronology.store.database import connect
from chronology.store.media import MediaFolder, MediaRefused


@pytest.fixture
def folder(here: Path) -> Path:
    """The folder of a chronology with three files, whose batch is not ingested yet."""
    for name in CONFIGURATION:
        (here / name).write_bytes((ROOT / name).read_bytes())
    for content in (PNG, PDF, OGG):
        (here / "file").write_bytes(content)
        assert commands.chronology("media", "file").exit_code == commands.DONE
    (here / "events" / "0003-pictures.yml").write_text(BATCH.format(**NAMES), "utf-8")
    return here


@pytest.fixture
def served(folder: Path) -> Iterator[httpx.Client]:
    assert commands.ingest().exit_code == commands.DONE
    with in_process(folder) as client:
        yield client


# Adding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "ending"),
    CONTENTS,
)
def test_a_file_is_named_by_its_digest_and_its_kind(
    tmp_path: Path, content: bytes, ending: str
) -> None:
    (tmp_path / "it.jpg").write_bytes(content)
    name = MediaFolder(tmp_path / "media").add(tmp_path / "it.jpg")
    assert name == named(content, ending)
    assert (tmp_path / "media" / name).read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"",
        b"MZ\x90\0",
        b"\0\0\0\x20ftypmp42",
    ],
)
def test_a_file_of_another_kind_is_refused_whatever_its_name(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "it.jpg").write_bytes(content)
    with pytest.raises(MediaRefused, match=r"it\.jpg is none of the accepted kinds: JPEG"):
        MediaFolder(tmp_path / "media").add(tmp_path / "it.jpg")
    assert not (tmp_path / "media").exists()


def test_a_file_that_is_too_large_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.write(PNG)
        file.truncate(100_000_000)
    with pytest.raises(MediaRefused, match="has 100 MB; a file has at most 21 MB"):
        MediaFolder(tmp_path / "media").add(tmp_path / "large.png")


def test_the_command_prints_the_names_and_refuses_in_one_line(here: Path) -> None:
    (here / "it.png").write_bytes(PNG)
    added = commands.chronology("media", "it.png")
    assert added.output == f"{NAMES['picture']}  it.png\n"
    (here / "page.jpg").write_text("<html>")
    refused = commands.chronology("media", "page.jpg")
    assert refused.exit_code == commands.CONFLICT
    assert refused.output.startswith("Error: page.jpg is none of the accepted kinds")


# Recording --------------------------------------------------------------------------------------


def test_a_missing_file_is_a_fault_with_its_line_and_remedy(folder: Path) -> None:
    (folder / "media" / NAMES["picture"]).unlink()
    refused = commands.ingest()
    assert refused.exit_code == commands.FAULTS
    assert (
        f"0003-pictures.yml:10: event/bridge: there is no file media/{NAMES['picture']}; copy it"
        in (refused.output)
    )


def test_a_file_that_is_marked_as_withheld_may_be_missing(folder: Path) -> None:
    (folder / "media" / NAMES["picture"]).rename(
        folder / "media" / f"{NAMES['picture']}{media.WITHHELD}"
    )
    assert commands.ingest().exit_code == commands.DONE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PNG + b"!", "its content has another digest"),
        (b"", "its content has another digest"),
    ],
)
def test_a_file_with_another_digest_is_a_fault(folder: Path, content: bytes, reason: str) -> None:
    (folder / "media" / NAMES["picture"]).write_bytes(content)
    assert reason in commands.ingest().output


def test_html_under_its_own_digest_is_a_fault(folder: Path) -> None:
    page = b"<html>"
    name = named(page, "jpg")
    (folder / "media" / name).write_bytes(page)
    names = {**NAMES, "picture": name}
    (folder / "events" / "0003-pictures.yml").write_text(BATCH.format(**names), "utf-8")
    assert "has another content than its ending says" in commands.ingest().output


def test_a_plain_name_is_refused_with_the_command_that_helps(timeline: Timeline) -> None:
    with pytest.raises(BatchRefused, match="run 'chronology media FILE', which copies the file"):
        timeline.batch(
            "c",
            "- {correct: event/nis-taken, set: {media: [{file: bridge.jpg}]}, because: A picture.}",
        )


@pytest.mark.parametrize("medium", ["{caption: Nothing}", "{file: %s, url: 'https://e.org'}"])
def test_a_medium_has_either_a_file_or_an_address(timeline: Timeline, medium: str) -> None:
    text = medium.replace("%s", NAMES["picture"])
    with pytest.raises(BatchRefused, match="a medium has either a file or a url; give one of them"):
        timeline.batch("c", f"- {{person: a, name: A, media: [{text}]}}")


def test_a_source_of_a_medium_must_be_recorded_and_stays(timeline: Timeline) -> None:
    one = "- {{person: a, name: A, media: [{{url: 'https://e.org', source: {}}}]}}\n"
    with pytest.raises(BatchRefused, match="unknown source 'three'"):
        timeline.batch("c", one.format("three"))
    timeline.batch("c", "- {source: three, name: Third}\n" + one.format("three"))
    with pytest.raises(BatchRefused, match="person/a still refers to it"):
        timeline.batch("d", "- {retract: source/three, because: It is empty.}")


# Serving ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "kind", "content"),
    [
        ("picture", "image/png", PNG),
        ("document", "application/pdf", PDF),
        ("recording", "audio/ogg", OGG),
    ],
)
def test_a_file_is_served_with_its_type_in_a_sandbox(
    served: httpx.Client, key: str, kind: str, content: bytes
) -> None:
    answer = served.get(f"/timeline/media/{NAMES[key]}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-disposition"] == (
        "attachment" if key == "document" else "inline"
    )
    again = served.get(
        f"/timeline/media/{NAMES[key]}", headers={"if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    head = served.head(f"/timeline/media/{NAMES[key]}")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))


@pytest.mark.parametrize(
    ("header", "status", "content"),
    [
        ("bytes=0-3", 206, OGG[:4]),
        ("bytes=4-", 206, OGG[4:]),
        ("bytes=-3", 206, OGG[-3:]),
        ("bytes=2-999", 206, OGG[2:]),
        ("bytes=0-", 200, OGG),
        ("bytes=-999", 200, OGG),
        ("bytes=0-1,3-4", 200, OGG),
        ("bytes=-", 200, OGG),
        ("lines=1-2", 200, OGG),
        ("bytes=999-", 416, b""),
        ("bytes=3-1", 416, b""),
        ("bytes=-0", 416, b""),
    ],
)
def test_players_get_the_part_of_a_recording_that_they_request(
    served: httpx.Client, header: str, status: int, content: bytes
) -> None:
    answer = served.get(f"/timeline/media/{NAMES['recording']}", headers={"range": header})
    assert (answer.status_code, answer.content) == (status, content)
    if status == 206:
        first = OGG.index(content)
        about = f"bytes {first}-{first + len(content) - 1}/{len(OGG)}"
        assert answer.headers["content-range"] == about
        assert answer.headers["content-length"] == str(len(content))


def test_a_file_that_no_record_names_is_not_served(folder: Path, served: httpx.Client) -> None:
    other = named(b"GIF89a", "gif")
    (folder / "media" / other).write_bytes(b"GIF89a")
    assert served.get(f"/timeline/media/{other}").status_code == 404
    assert served.get("/timeline/media/../timeline.db").status_code == 404


def test_a_file_that_was_taken_away_reads_withheld(folder: Path, served: httpx.Client) -> None:
    (folder / "media" / NAMES["picture"]).unlink()
    answer = served.get(f"/timeline/media/{NAMES['picture']}")
    assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-store")
    assert "is withheld" in answer.text
    page = served.get("/timeline/events/bridge").text
    assert "This picture is withheld." in page
    assert f'src="/timeline/media/{NAMES["picture"]}"' not in page


def test_a_file_with_another_content_is_not_served(folder: Path, served: httpx.Client) -> None:
    (folder / "media" / NAMES["picture"]).write_bytes(b"<html><script>")
    answer = served.get(f"/timeline/media/{NAMES['picture']}")
    assert (answer.status_code, answer.headers["content-type"]) == (
        409,
        "text/plain; charset=utf-8",
    )
    assert "its content has another digest, so it is not shown" in answer.text


def test_the_page_shows_media_and_loads_nothing_from_elsewhere(served: httpx.Client) -> None:
    page = served.get("/timeline/events/bridge").text
    assert f'<img src="/timeline/media/{NAMES["picture"]}" alt="A bridge"' in page
    assert f'<audio controls preload="none" src="/timeline/media/{NAMES["recording"]}"' in page
    assert '<a class="elsewhere" href="https://example.org/film" rel="noreferrer">' in page
    assert '<a href="https://example.org/bridge" rel="noreferrer">More on the bridge</a>' in page
    assert 'src="http' not in page
    thumbnail = f'<img class="thumb" src="/timeline/media/{NAMES["picture"]}" alt="A bridge"'
    assert thumbnail in served.get("/timeline/events").text
    points = served.get("/-/chronology/points.json").json()
    assert points["pictures"] == {"bridge": {"file": NAMES["picture"], "alt": "A bridge"}}


def test_captions_are_found_by_a_search(served: httpx.Client) -> None:
    for word in ("Nobody", "letter", "film"):
        rows = served.get(f"/timeline/events.json?_shape=array&_search={word}").json()
        assert [row["id"] for row in rows] == ["bridge"], word


# Verifying, copying and exporting ---------------------------------------------------------------


def test_verify_counts_files_and_names_one_that_differs(folder: Path) -> None:
    commands.ingest()
    assert "Media: 3 of 3 files fit their digests.\n" in commands.chronology("verify").output
    (folder / "media" / NAMES["document"]).unlink()
    withheld = commands.chronology("verify")
    assert withheld.exit_code == commands.DONE
    assert "Media: 2 of 3 files fit their digests; 1 withheld.\n" in withheld.output
    (folder / "media" / NAMES["picture"]).write_bytes(PNG + b"!")
    changed = commands.chronology("verify")
    assert changed.exit_code == commands.CONFLICT
    assert f"media/{NAMES['picture']} is not the file that the record names" in changed.output


def test_verify_without_the_folder_says_that_media_were_not_checked(folder: Path) -> None:
    commands.ingest()
    (folder / "media").rename(folder / "elsewhere")
    verified = commands.chronology("verify")
    assert verified.exit_code == commands.DONE
    assert "Media: not checked, because there is no folder media." in verified.output


def test_a_follower_copies_files_by_their_digests(
    folder: Path, served: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "media" / NAMES["document"]).unlink()
    target = tmp_path_factory.mktemp("copy")
    peer = replication.Peer(f"{HERE}/timeline", served)
    db = connect(target / "timeline.db", write=True)
    replication.follow(db, peer)
    copies = MediaFolder(target / "media")
    assert copy_media(db, peer, copies) == Copies(copied=2, withheld=1)
    assert (copies.path / NAMES["picture"]).read_bytes() == PNG
    assert copy_media(db, peer, copies) == Copies(copied=0, withheld=1)
    db.close()


def test_a_follower_refuses_a_file_that_is_not_the_one_named(
    folder: Path, served: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("copy")
    peer = replication.Peer(f"{HERE}/timeline", served)
    db = connect(target / "timeline.db", write=True)
    replication.follow(db, peer)
    lie = httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(PDF)))
    liar = httpx.Client(transport=lie)
    with pytest.raises(replication.PeerRefused, match="its content has another digest"):
        copy_media(db, replication.Peer(f"{HERE}/timeline", liar), MediaFolder(target / "media"))
    assert {path.name for path in (target / "media").iterdir()} <= {NAMES["document"]}
    db.close()


def test_the_data_package_has_the_files_and_their_digests(folder: Path, tmp_path: Path) -> None:
    commands.ingest()
    (folder / "media" / NAMES["document"]).unlink()
    assert commands.chronology("export", "--out", "it.zip").exit_code == commands.DONE
    with zipfile.ZipFile(folder / "it.zip") as package:
        described = json.loads(package.read("datapackage.json"))
        files = [one for one in described["resources"] if one["path"].startswith("media/")]
        assert {one["hash"]: package.read(one["path"]) for one in files} == {
            f"sha256:{hashlib.sha256(content).hexdigest()}": content for content in (PNG, OGG)
        }
        assert described["profile"] == "data-package"


def test_an_export_into_a_folder_drops_a_file_that_is_withheld_since(folder: Path) -> None:
    commands.ingest()
    commands.chronology("export", "--out", "package")
    assert (folder / "package" / "media" / NAMES["picture"]).read_bytes() == PNG
    (folder / "media" / NAMES["picture"]).unlink()
    commands.chronology("export", "--out", "package")
    assert not (folder / "package" / "media" / NAMES["picture"]).exists()
