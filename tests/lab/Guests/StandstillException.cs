namespace HostSwap.Lab.Guests;

/// <summary>
/// An emulated guest runs no more, though its QEMU does: it may be that a write to its memory was lost while that was copied.
/// tests/run gives a test that ends so a second try.
/// </summary>
/// <remarks>
/// QEMU's emulation loses such a write where a CPU's thread is held up between looking whether a page is marked as changed
/// and ceasing to watch it (<c>notdirty_write</c>), while the migration takes the mark away: from then on the page changes
/// unnoticed, and the other side gets an old one. "accel/tcg: Fix TCG TLB coherency race with physical dirty bit clearing"
/// (qemu-devel, February 2024) tells of it; neither 7.2 nor 10.0 has that. On two busy cores it hits about one copied guest in
/// two hundred. Hardware virtualization marks pages itself, and is not concerned; nor is RAM that is handed over.
/// </remarks>
public sealed class StandstillException(string message, Exception inner) : LabException(message, inner);
