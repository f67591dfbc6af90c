"""The commands that verify, sign, rebuild and copy a log."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from chronology import projections
from chronology.batches import http_source
from chronology.cli.options import (
    CHECKPOINT,
    CONFLICT,
    Messages,
    db_option,
    events_option,
    exit_codes,
    head_line,
    quiet_option,
    reading,
    writing,
)
from chronology.cli.progress import Bar, share_of
from chronology.ingest import media_copies, sources
from chronology.ingest import replication as following
from chronology.model.errors import printable
from chronology.store import checkpoints, log, media, verification
from chronology.store.database import snapshot, transaction
from chronology.store.log import Head
from chronology.store.media import MediaFolder


@click.command()
@db_option
@exit_codes
def head(db: Path) -> None:
    """Print the head of the log as POSITION:DIGEST.

    The digest covers every record up to the position. Cite both to name this state.

    \b
    Example:
      chronology head --db timeline.db
    """
    with reading(db) as opened:
        found = log.head(opened)
    click.echo(f"{found.position}:{found.digest}")


@click.command()
@db_option
@events_option
@click.option("--head", "cited", metavar="POSITION:DIGEST", help="A state that was cited earlier.")
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a signed checkpoint; needs --key.",
)
@click.option("--key", help="The public key of the checkpoint, or a file that contains it.")
@quiet_option
@exit_codes
def verify(
    db: Path,
    events: Path,
    cited: str | None,
    checkpoint: Path | None,
    key: str | None,
    quiet: bool,
) -> None:
    """Check the log, every table and the batches; exit 3 if anything differs.

    The command recomputes the chain of digests and compares every table with one that it builds
    from the log.

    Without a cited or signed state, the command cannot detect that the last records were removed
    or that the whole log was rewritten. With one, it checks that this log contains that state.

    \b
    Examples:
      chronology verify
      chronology verify --head 674:e9e454908fbb…
      chronology verify --checkpoint checkpoint.txt --key example.org/timeline+c74f20a3+ARpc…
    """
    if (checkpoint is None) != (key is None):
        raise click.UsageError("--checkpoint and --key go together")
    states = [_parsed(cited)] if cited else []
    if checkpoint and key:
        states.append(_signed(checkpoint, key))
    say = Messages(quiet)
    with reading(db) as opened, snapshot(opened):
        faults = verification.schema_faults(opened)
        if verification.is_log_generated(opened):
            _exit_with(faults)
        is_readable = verification.is_log_as_defined(opened)
        damage = verification.file_faults(opened, "log") if is_readable else []
        faults += damage
        whole = share_of(log.head(opened).position)
        with say.bars(Bar("Chain", whole)) as (step,):
            last = verification.verify(opened, step)
        if damage or not is_readable:
            _exit_with(faults)
        faults += verification.record_faults(opened)
        say(f"Chain: {last.position} records, each linked to the one before.")
        for state in states:
            verification.check_contains(opened, state)
            say(f"State {state.position}:{state.digest}: part of this log, unchanged.")
        with say.bars(Bar("Tables", whole)) as (step,):
            faults += projections.verify(opened, step)
        _say_batches(opened, events, say)
        is_outdated = projections.is_outdated(opened)
        if not is_outdated:
            faults += _media_faults(opened, media.folder_of(db), say)
    if faults and is_outdated:
        faults.append(
            "Another version of the program made the tables. Remedy: run 'chronology rebuild',"
            " which builds them again from the log, and verify again."
        )
    if faults:
        _exit_with(faults)
    say("Tables: identical to tables rebuilt from the log.")
    say(f"Head: {last.position}:{last.digest}")
    if not states:
        say("Not checked: whether records were removed from the end. Use --head or --checkpoint.")


def _exit_with(faults: list[str]) -> NoReturn:
    for fault in faults:
        click.echo(printable(fault), err=True)
    sys.exit(CONFLICT)


def _say_batches(db: sqlite3.Connection, events: Path, say: Messages) -> None:
    if not events.is_dir():
        say(f"Batches: not compared, because there is no folder {events}.")
        return
    paths = sources.files(events)
    old = len(paths) - len(sources.pending(db, paths))
    say(f"Batches: {old} of {len(paths)} are in the log, unedited.")


def _media_faults(db: sqlite3.Connection, folder: MediaFolder, say: Messages) -> list[str]:
    """The files whose content differs from their digests; says how many were checked."""
    files = media.files_named(db) if projections.position(db) else []
    if files and not folder.exists:
        say(f"Media: not checked, because there is no folder {folder.path}.")
        return []
    held = [file for file in files if not folder.missing(file)]
    problems = ((file, folder.problem(file)) for file in held)
    faults = [f"{media.FOLDER}/{file} {problem}" for file, problem in problems if problem]
    if files:
        withheld = f"; {len(files) - len(held)} withheld" if len(files) > len(held) else ""
        say(f"Media: {len(held) - len(faults)} of {len(files)} files fit their digests{withheld}.")
    return faults


def _parsed(text: str) -> Head:
    position, _, digest = text.partition(":")
    if not re.fullmatch(r"[0-9]{1,18}", position) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise click.UsageError(f"{text!r} is not POSITION:DIGEST, as 'chronology head' prints it")
    return Head(int(position), digest)


def _signed(checkpoint: Path, key: str) -> Head:
    text = Path(key).read_text("utf-8").strip() if Path(key).is_file() else key
    note = checkpoint.read_text("utf-8", errors="replace")
    opened = checkpoints.open_note(note, checkpoints.parse_verifier(text))
    click.echo(f"Checkpoint: {opened.origin} signed the state at position {opened.head.position}.")
    return opened.head


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@exit_codes
def key(name: str, file: Path) -> None:
    """Make a key pair for checkpoints.

    The private key is written to FILE, and the public key is printed. NAME is an address that you
    control, without its scheme.

    \b
    Example:
      chronology key example.org/timeline ~/timeline.key
    """
    signer = checkpoints.generate(name)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(checkpoints.format_signer(signer) + "\n")
    click.echo(checkpoints.format_verifier(checkpoints.verifier_of(signer)))


@click.command()
@db_option
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The file with the private key.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=CHECKPOINT,
    show_default=True,
    help="The file to write; the server publishes it at /-/chronology/checkpoint.",
)
@exit_codes
def sign(db: Path, key_file: Path, out: Path) -> None:
    """Verify the chain and sign its head as a checkpoint.

    With the checkpoint and the public key, anyone can check later that the log still contains
    this state.

    \b
    Example:
      chronology sign --key ~/timeline.key
    """
    signer = checkpoints.parse_signer(key_file.read_text("utf-8").strip())
    with reading(db) as opened, snapshot(opened):
        last = verification.verify(opened)
    note = checkpoints.sign(checkpoints.Checkpoint(signer.name, last), signer)
    new = out.with_name(f"{out.name}.new")
    new.write_text(note, encoding="utf-8")
    new.replace(out)
    click.echo(f"{out}: {signer.name} signed the state {last.position}:{last.digest}")


@click.command()
@click.argument("url")
@db_option
@click.option(
    "--watch", is_flag=True, help="Keep copying new records until the command is stopped."
)
@click.option(
    "--every",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="Seconds between two requests, with --watch.",
)
@click.option("--no-media", is_flag=True, help="Do not copy the files of media.")
@exit_codes
def follow(url: str, db: Path, watch: bool, every: float, no_media: bool) -> None:
    """Copy the log of another instance and verify each record before appending it.

    URL is the address of the database on that instance. An interrupted copy continues where it
    stopped. An instance whose history differs from the copy is refused. The files of media are
    copied to the folder media/ and compared with their digests.

    \b
    Examples:
      chronology follow http://example.org/timeline --db copy.db
      chronology follow http://example.org/timeline --db copy.db --watch
    """
    say = Messages(quiet=False)
    with http_source.client() as client:
        peer = following.Peer(url, client)
        once = partial(_follow_once, peer, db, say, no_media)
        once(quiet=False)
        while watch:
            time.sleep(every)
            try:
                once(quiet=True)
            except following.PeerUnavailable as error:
                click.echo(f"{printable(str(error))}; trying again in {every:g} s", err=True)


def _follow_once(
    peer: following.Peer, db: Path, say: Messages, no_media: bool, *, quiet: bool
) -> None:
    with writing(db) as opened, say.bars(Bar("Copying")) as (progress,):
        before = log.head(opened).position
        found = following.follow(opened, peer, progress)
        # Another version of the program may have made the tables.
        is_rebuilt = found.position > 0 and not projections.is_current(opened)
        if is_rebuilt:
            with transaction(opened):
                projections.catch_up(opened)
    if is_rebuilt:
        say("This version of the program rebuilt the tables.")
    if found.position > before or not quiet:
        say(f"{found.position - before} records copied. Head: {found.position}:{found.digest}")
    if not no_media and found.position:
        _copy_media(peer, db, say)


def _copy_media(peer: following.Peer, db: Path, say: Messages) -> None:
    with reading(db) as opened:
        copies = media_copies.copy_media(opened, peer, media.folder_of(db))
    if copies.copied:
        say(f"{copies.copied} files of media copied.")
    if copies.withheld:
        say(f"{copies.withheld} files of media are withheld by the peer.")


@click.command()
@db_option
@quiet_option
@exit_codes
def rebuild(db: Path, quiet: bool) -> None:
    """Drop every table except the log and rebuild them from the log.

    \b
    Example:
      chronology rebuild
    """
    if not db.exists():
        raise click.UsageError(f"there is no file {db}; 'python ingest.py' creates it")
    say = Messages(quiet)
    with writing(db) as opened:
        folding = Bar("Folding", share_of(log.head(opened).position))
        with say.bars(folding) as (progress,), transaction(opened):
            projections.rebuild(opened, progress)
        say(head_line(opened))
