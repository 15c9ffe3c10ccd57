using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Worlds;

/// <summary>What an outer host is made of; two runs of one design may share one.</summary>
/// <param name="Options">Its configuration.</param>
/// <param name="Guests">Makes its guests' specifications: each outer host has its own UUIDs.</param>
internal sealed record WorldDesign(LabOptions Options, Func<IReadOnlyList<GuestSpec>> Guests)
{
    private static readonly LabOptions Plain = new() { Purpose = "faults" };

    /// <summary>
    /// A VM with disk that starts by itself, one that was only created, and one that is shut off and starts by itself. No
    /// paused one: what has arrived paused cannot leave QEMU 7.2 again.
    /// </summary>
    public static WorldDesign Usual { get; } = new(
        Plain,
        static () =>
        [
            new GuestSpec("web") { Disk = DiskFormat.Qcow2, Autostart = true },
            new GuestSpec("fleeting") { Persistent = false },
            new GuestSpec("spare") { State = GuestState.ShutOff, Autostart = true, Disk = DiskFormat.Raw },
        ]);
}

/// <summary>What must be true of a guest after a run.</summary>
/// <param name="State">Its state; null where it must be gone.</param>
/// <param name="AnyState">Whether its state may be any, since the fault left that open.</param>
internal sealed record Expectation(GuestState? State, bool AnyState = false);
