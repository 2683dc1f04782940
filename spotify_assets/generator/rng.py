"""Random numbers as a pure function of what they are for.

Every draw is a hash of the seed, a purpose and the coordinates of the thing drawn (user, date, session,
position). A generator with a running state would make each number depend on how many were drawn before
it, and with that on the order of users and on the first day of a run; a hash depends on neither.

The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014).
"""

import hashlib
import math

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key(seed: int, purpose: str) -> np.uint64:
    """The 64-bit key of one purpose under one seed."""
    digest = hashlib.blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def mix(values: Bits) -> Bits:
    """Hash each value; consecutive values give independent-looking bits."""
    x = values + _GAMMA
    x ^= x >> np.uint64(30)
    x *= _MIX_1
    x ^= x >> np.uint64(27)
    x *= _MIX_2
    x ^= x >> np.uint64(31)
    return x


def derive(keys: Bits, counter: npt.NDArray[np.integer] | int) -> Bits:
    """Keys of the `counter`-th child of each key."""
    return mix(keys + np.asarray(counter).astype(np.uint64) * _GAMMA)


def bits_of(purpose: np.uint64, *coordinates: npt.NDArray[np.integer]) -> Bits:
    """64 bits for each combination of coordinates (arrays of one shape)."""
    bits = np.full(coordinates[0].shape, purpose, dtype=np.uint64)
    for coordinate in coordinates:
        bits = derive(bits, coordinate)
    return bits


def evenly(purpose: np.uint64, index: npt.NDArray[np.integer], prime: int) -> Bits:
    """Bits whose uniform numbers fill (0, 1) evenly over any run of indices, from a start that is random.

    Each number depends on nothing but the purpose and its index: steps of the square root of a prime, modulo
    1 (Kronecker's sequence). Sequences of different primes also fill squares and cubes evenly.
    """
    step = np.uint64(math.isqrt(prime << 128) & (2**64 - 1))
    return purpose + index.astype(np.uint64) * step


def uniform(bits: Bits) -> Floats:
    """Uniform numbers in (0, 1) with 53 bits."""
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def uniform16(bits: Bits, lane: int) -> npt.NDArray[np.float32]:
    """Uniform numbers in (0, 1) from the `lane`-th 16 bits (0 to 3): four coarse draws from one hash."""
    part = (bits >> np.uint64(16 * lane)).astype(np.uint16)
    return (part.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-16)


def normal(bits: Bits) -> Floats:
    """Standard normal numbers (Box-Muller on two 32-bit halves)."""
    low = ((bits & np.uint64(0xFFFFFFFF)).astype(np.float64) + 0.5) * 2.0**-32
    high = ((bits >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
    normals: Floats = np.sqrt(-2.0 * np.log(low)) * np.cos(2.0 * np.pi * high)
    return normals


def normal_at(uniforms: Floats) -> Floats:
    """The standard normal number below which so much of the distribution lies."""
    from scipy.special import ndtri  # type: ignore[import-untyped]  # noqa: PLC0415

    normals: Floats = ndtri(uniforms)
    return normals
