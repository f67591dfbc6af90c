"""The commands that prove, rebuild and copy a log."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import time
from pathlib import Path

import click

from chronology import projections
from chronology.batches import http_source
from chronology.cli.options import (
    CHECKPOINT,
    CONFLICT,
    Sayer,
    db_option,
    events_option,
    exit_codes,
    head_line,
    quiet_option,
    reading,
    writing,
)
from chronology.cli.progress import Bar, share_of
from chronology.ingest import replication as following
from chronology.ingest import sources
from chronology.store import checkpoints, log, verification
from chronology.store.database import snapshot, transaction
from chronology.store.log import Head


@click.command()
@db_option
@exit_codes
def head(db: Path) -> None:
    """Print the head of the log as POSITION:DIGEST.

    The digest stands for every record up to the position: cite both.
    """
    with reading(db) as opened:
        found = log.head(opened)
    click.echo(f"{found.position}:{found.digest}")


@click.command()
@db_option
@events_option
@click.option("--head", "cited", metavar="POSITION:DIGEST", help="A state that somebody cited.")
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signed checkpoint; needs --key.",
)
@click.option("--key", help="The public key that signed it, or a file that holds it.")
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
    """Recompute the chain and every table, and compare; exit 3 if anything differs.

    Alone it cannot tell whether records were cut off at the end or all was written anew: for
    that, give a state that was cited or signed before, which then has to be part of this log.

    \b
    chronology verify
    chronology verify --head 674:e9e454908fbb…
    chronology verify --checkpoint checkpoint.txt --key example.org/timeline+c74f20a3+ARpc…
    """
    if (checkpoint is None) != (key is None):
        raise click.UsageError("--checkpoint and --key go together")
    states = [_parsed(cited)] if cited else []
    if checkpoint and key:
        states.append(_signed(checkpoint, key))
    say = Sayer(quiet)
    with reading(db) as opened, snapshot(opened):
        whole = share_of(log.head(opened).position)
        faults = verification.schema_faults(opened) + verification.file_faults(opened)
        with say.bars(Bar("Chain", whole)) as (step,):
            last = verification.verify(opened, step)
        say(f"Chain: {last.position} records, each follows from the one before.")
        for state in states:
            verification.check_contains(opened, state)
            say(f"State {state.position}:{state.digest}: part of this log, unchanged since.")
        with say.bars(Bar("Tables", whole)) as (step,):
            faults += projections.verify(opened, step)
        _say_batches(opened, events, say)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(CONFLICT)
    say("Tables: equal to a fresh fold of the log.")
    say(f"Head: {last.position}:{last.digest}")
    if not states:
        say("Not proved: that nothing was cut off at the end; give --head or --checkpoint.")


def _say_batches(db: sqlite3.Connection, events: Path, say: Sayer) -> None:
    if not events.is_dir():
        say(f"Batches: not compared, there is no folder {events}.")
        return
    paths = sources.files(events)
    old = len(paths) - len(sources.pending(db, paths))
    say(f"Batches: {old} of {len(paths)} are in the log, unedited.")


def _parsed(text: str) -> Head:
    position, _, digest = text.partition(":")
    if not re.fullmatch(r"[0-9]{1,18}", position) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise click.UsageError(f"{text!r} is no POSITION:DIGEST, as 'chronology head' prints it")
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
    """Make a key that signs checkpoints: the private part into FILE, the public part printed.

    NAME is an address without a scheme that is yours, such as example.org/timeline.

    \b
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
    help="Where the checkpoint goes; the server publishes it at /-/chronology/checkpoint.",
)
@exit_codes
def sign(db: Path, key_file: Path, out: Path) -> None:
    """Sign the head, after verifying the chain, so that others can hold you to it.

    \b
    chronology sign --key ~/timeline.key
    """
    signer = checkpoints.parse_signer(key_file.read_text("utf-8").strip())
    with reading(db) as opened, snapshot(opened):
        last = verification.verify(opened)
    note = checkpoints.sign(checkpoints.Checkpoint(signer.name, last), signer)
    new = out.with_name(f"{out.name}.new")
    new.write_text(note, encoding="utf-8")
    new.replace(out)
    click.echo(f"{out}: {signer.name} vouches for {last.position}:{last.digest}")


@click.command()
@click.argument("url")
@db_option
@click.option("--watch", is_flag=True, help="Go on following until stopped.")
@click.option(
    "--every",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="Seconds between looks, with --watch.",
)
@exit_codes
def follow(url: str, db: Path, watch: bool, every: float) -> None:
    """Copy another instance's log, proving every record as it comes.

    URL is that of its database. A copy that was stopped goes on where it was; a peer whose
    history differs from the copy's is refused.

    \b
    chronology follow http://example.org/timeline --db copy.db
    """
    say = Sayer(quiet=False)
    with http_source.client() as client:
        peer = following.Peer(url, client)
        _follow_once(peer, db, say, quiet=False)
        while watch:
            time.sleep(every)
            try:
                _follow_once(peer, db, say, quiet=True)
            except following.PeerUnavailable as error:
                click.echo(f"{error}; trying again in {every:g} s", err=True)


def _follow_once(peer: following.Peer, db: Path, say: Sayer, quiet: bool) -> None:
    with writing(db) as opened, say.bars(Bar("Copying")) as (progress,):
        before = log.head(opened).position
        found = following.follow(opened, peer, progress)
    if found.position > before or not quiet:
        say(f"{found.position - before} records copied. Head: {found.position}:{found.digest}")


@click.command()
@db_option
@quiet_option
@exit_codes
def rebuild(db: Path, quiet: bool) -> None:
    """Drop every table but the log, and fold them again from it."""
    if not db.exists():
        raise click.UsageError(f"there is no file {db}; 'python ingest.py' makes it")
    say = Sayer(quiet)
    with writing(db) as opened:
        folding = Bar("Folding", share_of(log.head(opened).position))
        with say.bars(folding) as (progress,), transaction(opened):
            projections.rebuild(opened, progress)
        say(head_line(opened))
