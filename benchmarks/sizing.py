"""What a file takes: rows and bytes in the database, CPU seconds and bytes in the cache: `python -m benchmarks.sizing`.

CPU is user and system time of this process and all its children, on the machine that is named; bytes are the same
everywhere. The files are made first: a minute of 720p H.264, a photograph of 12 megapixels, five minutes of MP3.
"""

from __future__ import annotations

import platform
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import imageio_ffmpeg
import numpy
import psutil
from PIL import Image
from sqlalchemy import create_engine, text

from db.migrate import upgrade
from tasks.media.audio.fingerprint import audio_fingerprint
from tasks.media.audio.probe import audio_probe
from tasks.media.audio.waveform import audio_waveform
from tasks.media.fingerprint import fingerprint
from tasks.media.image import image_thumbnail
from tasks.media.phash import phash
from tasks.media.preview import PreviewSettings, preview
from tasks.media.probe import probe
from tasks.media.tools import MediaTools, ignore
from tests.postgres import run_cluster

ROWS = 100_000

#: Rows as the program writes them, with paths of usual length and everything made.
TABLES = {
    "videos": """
        INSERT INTO videos (library_root_id, kind, file_path, file_size, file_mtime_ns, title, probe_revision, duration,
            width, height, frame_rate, bit_rate, codec, container, audio_codec, fingerprint_revision, checksum_md5,
            oshash, preview_revision, thumbnail_path, card_thumbnail_path, preview_path, sprite_path,
            trickplay_vtt_path, subtitles_revision)
        SELECT 1, 'movie', '/media/films/A man/A film of some title ' || n || '/A film of some title ' || n || '.mkv',
            4000000000 + n, 1700000000000000000 + n, 'A film of some title ' || n, 1, 5400.5, 1920, 1080, 23.976,
            6000000, 'h264', 'matroska', 'aac', 1, md5(CAST(n AS text)), left(md5(CAST(n + 1 AS text)), 16), 1,
            'videos/' || n || '/1/thumb.jpg', 'videos/' || n || '/1/card.jpg', 'videos/' || n || '/1/preview.mp4',
            'videos/' || n || '/1/sprite.jpg', 'videos/' || n || '/1/sprite.vtt', 1 FROM generate_series(1, :n) n""",
    "images": """
        INSERT INTO images (library_root_id, gallery_id, file_path, file_size, file_mtime_ns, title, thumbnail_revision,
            width, height, format, is_animated, thumbnail_path, fingerprint_revision, checksum_md5, oshash, phash)
        SELECT 1, 1 + (n - 1) / 100, '/media/pictures/Holiday ' || n / 100 || '/IMG_' || n || '.jpg', 4000000 + n,
            1700000000000000000 + n, 'IMG_' || n, 1, 4000, 3000, 'JPEG', false, 'images/' || n || '/1/thumb.jpg', 1,
            md5(CAST(n AS text)), left(md5(CAST(n + 1 AS text)), 16), left(md5(CAST(n + 2 AS text)), 16)
        FROM generate_series(1, :n) n""",
    "audio_tracks": """
        INSERT INTO audio_tracks (library_root_id, file_path, file_size, file_mtime_ns, title, probe_revision, duration,
            bit_rate, sample_rate, channels, codec, container, artist, album, track_number, fingerprint_revision,
            checksum_md5, oshash, chromaprint, waveform_revision, waveform_path)
        SELECT 1, '/media/audio/An author/A book ' || n / 20 || '/' || n || '.mp3', 40000000 + n,
            1700000000000000000 + n, 'Chapter ' || n, 1, 1800.5, 128000, 44100, 2, 'mp3', 'mp3', 'An author', 'A book',
            n % 20, 1, md5(CAST(n AS text)), left(md5(CAST(n + 1 AS text)), 16), repeat(md5(CAST(n AS text)), 60), 1,
            'audio/' || n || '/1/waveform.bin' FROM generate_series(1, :n) n""",
    "job_runs": """
        INSERT INTO job_runs (queue_name, status, target_type, target_id, target_label, progress, attempts,
            max_attempts, result, started_at, finished_at, prefect_flow_run_id,
            prefect_task_run_id, parent_id, origin_id, trigger)
        SELECT 'media-probe', 'completed', 'video', CAST(n AS text),
            '/media/films/A man/A film of some title ' || n || '/A film of some title ' || n || '.mkv', 100, 1, 15,
            jsonb_build_object('width', 1920, 'height', 1080, 'duration', 5400.5, 'codec', 'h264'), now(), now(),
            gen_random_uuid(), gen_random_uuid(), 1, 1, 'library-scan' FROM generate_series(1, :n) n""",
    "job_events": """
        INSERT INTO job_events (job_id, attempt, level, context, message, metadata)
        SELECT n, 1, 'info', 'media-probe', 'Read the streams of the file.', jsonb_build_object('seconds', 0.012)
        FROM generate_series(1, :n) n""",
}


@contextmanager
def database() -> Iterator[str]:
    """The address of an empty database with every table."""
    with tempfile.TemporaryDirectory(prefix="darkroom-pg-") as folder:
        cluster = run_cluster(Path(folder))
        url = next(cluster).render_as_string(hide_password=False)
        try:
            upgrade(url)
            yield url
        finally:
            next(cluster, None)


def rows() -> None:
    """Print what a row of each table takes."""
    with database() as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text("INSERT INTO library_roots (path, label) VALUES ('/media/films', 'films')"))
            folders = "SELECT 1, 'folder', '/media/pictures/' || n, 'Holiday' FROM generate_series(1, :n) n"
            galleries = f"INSERT INTO galleries (library_root_id, kind, folder_path, title) {folders}"
            conn.execute(text(galleries), {"n": ROWS // 100})
            for table, insert in TABLES.items():
                conn.execute(text(insert), {"n": ROWS})
                conn.execute(text(f"VACUUM ANALYZE {table}"))
                sizes = f"SELECT pg_total_relation_size('{table}'), pg_indexes_size('{table}')"
                whole, indexes = conn.execute(text(sizes)).one()
                print(f"| {table} | {whole / ROWS:,.0f} | {indexes / ROWS:,.0f} |", flush=True)
        engine.dispose()


def made(folder: Path) -> dict[str, Path]:
    """The files of the corpus."""
    film, photo, song = folder / "film.mkv", folder / "photo.jpg", folder / "song.mp3"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi"]
    picture = "testsrc2=size=1280x720:rate=25:duration=60"
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:duration=60")
    coding = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "125", "-c:a", "aac")
    subprocess.run([*ffmpeg, "-i", picture, *sound, *coding, str(film)], check=True)
    subprocess.run([*ffmpeg, "-i", "anoisesrc=duration=300:color=pink", "-b:a", "128k", str(song)], check=True)
    small = numpy.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=numpy.uint8)
    Image.fromarray(small).resize((4000, 3000), Image.Resampling.BICUBIC).save(photo, quality=90)
    return {"film": film, "photo": photo, "song": song}


def files() -> None:
    """Print what the jobs of each file cost and leave."""
    with tempfile.TemporaryDirectory(prefix="sizing-") as folder, MediaTools() as tools:
        out, corpus = Path(folder, "out"), made(Path(folder))
        film, photo, song = corpus["film"], corpus["photo"], corpus["song"]
        print(", ".join(f"{name}: {file.stat().st_size:,} bytes" for name, file in corpus.items()), end="\n\n")
        print("| file and job | CPU s | bytes in the cache |\n|---|---|---|", flush=True)
        facts = probe(tools, film)
        jobs: dict[str, Callable[[], object]] = {
            "film, probe": lambda: probe(tools, film),
            "film, fingerprint": lambda: fingerprint(tools, film),
            "film, preview": lambda: preview(tools, film, out, PreviewSettings(), facts),
            "film, perceptual hash": lambda: phash(tools, film, facts, ignore),
            "photograph, thumbnail and hashes": lambda: image_thumbnail(tools, photo, out, hashes=True),
            "song, probe": lambda: audio_probe(tools, song, out),
            "song, fingerprint": lambda: audio_fingerprint(tools, song),
            "song, waveform": lambda: audio_waveform(tools, song, out),
        }
        for name, job in jobs.items():
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            before = _used(tools)
            job()
            left = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
            print(f"| {name} | {_used(tools) - before:.2f} | {left:,} |", flush=True)


def _used(tools: MediaTools) -> float:
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    child = psutil.Process(tools.child.pid).cpu_times() if tools.child.pid else None
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + (child.user + child.system if child else 0)


if __name__ == "__main__":
    print(f"{platform.machine()}, {psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f}\n")
    print("| table | bytes a row | of them indexes |\n|---|---|---|")
    rows()
    print()
    files()
