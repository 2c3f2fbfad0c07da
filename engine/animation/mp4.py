"""MP4 with H.264, playable everywhere: yuv420p, BT.709, the index at the front."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.animation.sizing import Frame
from engine.animation.timing import TICK_MS, Shot
from engine.errors import DiskFull

# A video of the largest size, and what ffmpeg needs to put it in order.
LEAST_FREE_BYTES = 32 * 2**20
# The 6 is H.264's unit type for supplemental information, where x264 would write its version and settings.
WITHOUT_METADATA = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
WITHOUT_ENCODER_NOTE = ["-bsf:v", "filter_units=remove_types=6"]
# Said explicitly, since players guess the matrix from the picture's size when the file is silent.
BT709 = ["-vf", "scale=out_color_matrix=bt709:out_range=tv"]
BT709 += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]


def write_mp4(
    frames: Sequence[Frame], shots: Sequence[Shot], rate_factor: int = 20, least_free_bytes: int = LEAST_FREE_BYTES
) -> bytes:
    """The shots as one H.264 video of 25 pictures a second, without sound.

    ``rate_factor``: x264's constant rate factor, 0 (lossless) to 51. Width and height must be even.
    ``least_free_bytes``: a disk with less is full. Raises DiskFull where temporary files find no room.
    """
    try:
        # ffmpeg can put the index at the front only in a file that it may rewrite, not in a pipe.
        with tempfile.TemporaryDirectory(prefix="recede-") as folder:
            return _written(frames, shots, rate_factor, Path(folder))
    except OSError as error:
        try:
            room = tempfile.gettempdir()
            full = shutil.disk_usage(room).free < least_free_bytes
        except OSError:  # none of the usual ones lets a file be written
            raise DiskFull("No folder for temporary files can be used: make room, or name one in TMPDIR.") from error
        if not full:
            raise
        raise DiskFull(
            f"The disk of the folder for temporary files, {room}, is full: make room, or name another in TMPDIR."
        ) from error


def _written(frames: Sequence[Frame], shots: Sequence[Shot], rate_factor: int, folder: Path) -> bytes:
    import imageio_ffmpeg  # here, because GIF and WebP do without it

    height, width = frames[0].shape[:2]
    path = folder / "animation.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(1000 // TICK_MS)]
    command += ["-i", "pipe:0", "-an", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    command += ["-crf", str(rate_factor), "-preset", "fast", "-movflags", "+faststart"]
    command += [*BT709, *WITHOUT_METADATA, *WITHOUT_ENCODER_NOTE, str(path)]
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints) as ffmpeg:
            assert ffmpeg.stdin is not None  # asked for above
            try:
                for shot in shots:
                    picture = frames[shot.frame].tobytes()
                    for _ in range(shot.duration_ms // TICK_MS):
                        ffmpeg.stdin.write(picture)
                ffmpeg.stdin.close()
            except BrokenPipeError:
                pass  # ffmpeg has given up; its exit status and its complaint follow
            except BaseException:
                ffmpeg.kill()
                raise
        if ffmpeg.returncode:
            complaints.seek(0)
            raise OSError(f"ffmpeg could not write the video: {complaints.read().decode(errors='replace').strip()}")
    return path.read_bytes()
