"""Files that ffmpeg made sound and look the same to it afterwards, and hold nothing of what was beside."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pii_guard import Guard, Policy
from pii_guard.document import Matter
from pii_guard.findings import Redacted

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
NAMED = [
    part
    for name, value in {
        "title": "title of Zebedee", "artist": "artist Zebedee", "comment": "comment by Zebedee",
        "location": "+48.1234-002.3456/", "creation_time": "2024-01-02T03:04:05Z",
    }.items()
    for part in ("-metadata", f"{name}={value}")
]  # fmt: skip
FILM = "-f lavfi -i testsrc=d=1:s=64x48:r=10 -f lavfi -i sine=d=1:f=440".split()
SOUND = "-f lavfi -i sine=d=1:f=440".split()
WITH = "-i text.srt -i chapters.txt -map 0 -map 1 -map 2 -map_chapters 3".split()
MADE = {
    "plain.mp4": [*FILM, *WITH, "-c:v", "mpeg4", "-c:a", "aac", "-c:s", "mov_text"],
    "fast.mp4": [*FILM, *WITH, "-c:v", "mpeg4", "-c:a", "aac", "-c:s", "mov_text", "-movflags", "faststart"],
    "keys.mp4": [*FILM, "-c:v", "mpeg4", "-c:a", "aac", "-movflags", "use_metadata_tags"],
    "pieces.mp4": [*FILM, "-c:v", "mpeg4", "-g", "3", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof"],
    "old_pieces.mp4": [*FILM, "-c:v", "mpeg4", "-g", "3", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
    "pcm.mov": [*FILM, *WITH, "-c:v", "mpeg4", "-c:a", "pcm_s16le", "-c:s", "mov_text"],
    "packed.mov": [*FILM, "-c:v", "mpeg4", "-c:a", "adpcm_ima_qt", "-ar", "44100"],
    "sound.m4a": [*SOUND, "-c:a", "aac"],
    "lossless.m4a": [*SOUND, "-c:a", "alac"],
    "tagged.mp3": [*SOUND, "-c:a", "libmp3lame", "-write_id3v1", "1"],
    "two.mp3": [*SOUND, "-c:a", "mp2", "-f", "mp2"],
    "a.wav": SOUND,
    "a.flac": SOUND,
    "vorbis.ogg": [*SOUND, "-c:a", "libvorbis"],
    "opus.ogg": [*SOUND, "-c:a", "libopus"],
    "flac.ogg": [*SOUND, "-c:a", "flac"],
    "vorbis.webm": [*FILM, *WITH, "-c:v", "libvpx", "-c:a", "libvorbis", "-c:s", "webvtt"],
    "live.webm": [*FILM, "-c:v", "libvpx-vp9", "-c:a", "libopus", "-live", "1"],
    "flac.mkv": [*FILM, *WITH, "-attach", "text.srt", "-metadata:s:t", "mimetype=text/plain", "-c:v", "mpeg4", "-c:a", "flac", "-c:s", "srt"],
}  # fmt: skip


@pytest.fixture(scope="module")
def keeping() -> Guard:
    return Guard(Policy(media="keep"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media")
    text = "1\n00:00:00,100 --> 00:00:00,900\nspoken by Zebedee\n"
    (path / "text.srt").write_text(text)
    chapter = "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=chapter of Zebedee\n"
    (path / "chapters.txt").write_text(f";FFMETADATA1\n{chapter}")
    return path


def ffmpeg(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    call = ["ffmpeg", "-nostdin", "-v", "error", "-y", *words]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)


def decoded(folder: Path, name: str) -> list[str]:
    """A sum of every decoded stream of sound and video."""
    done = ffmpeg(
        folder, "-i", name, "-map", "0:v?", "-map", "0:a?", "-f", "streamhash", "-hash", "md5", "-"
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return sorted(done.stdout.splitlines())


@pytest.mark.parametrize("name", sorted(MADE))
def test_what_is_heard_and_seen_is_the_same(keeping, folder, name):
    made = ffmpeg(folder, *MADE[name], *NAMED, name)
    if made.returncode and "Unknown encoder" in made.stderr:
        pytest.skip("this ffmpeg has no such encoder")
    assert made.returncode == 0, made.stderr
    blob = (folder / name).read_bytes()
    result = keeping.redact(blob, name=name)
    if name != "two.mp3":  # has nothing beside its frames
        assert b"Zebedee" in blob
        assert isinstance(result, Redacted), result.reason
    assert b"Zebedee" not in result.output
    assert b"48.1234" not in result.output
    tracks = {Matter.AUDIO} if name.endswith(("mp3", "m4a", "wav", "flac", "ogg")) else {*"av"}
    assert len(result.unread) == len(tracks)
    (folder / f"out.{name}").write_bytes(result.output)
    assert decoded(folder, f"out.{name}") == decoded(folder, name)
    told = ffmpeg(folder, "-i", f"out.{name}", "-f", "ffmetadata", "-").stdout
    assert "Zebedee" not in told
    assert "2024" not in told


def test_positions_that_are_sought_still_lead_to_the_same_picture(keeping, folder):
    """Indexes and their sums are right: a player that jumps sees what it saw before."""
    words = [*FILM, *NAMED, "-c:v", "libvpx", "-g", "2", "-c:a", "libopus"]
    for name in ("seek.webm", "seek.mkv"):
        assert ffmpeg(folder, *words, name).returncode == 0
        (folder / f"out.{name}").write_bytes(keeping.redact((folder / name).read_bytes()).output)
        pictures = []
        for one in (name, f"out.{name}"):
            done = ffmpeg(folder, "-ss", "0.6", "-i", one, "-map", "0:v", "-f", "streamhash", "-")
            assert not done.stderr
            pictures.append(done.stdout)
        assert pictures[0] == pictures[1]
