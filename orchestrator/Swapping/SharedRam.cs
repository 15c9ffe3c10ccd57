using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Takes back what a handover tells a QEMU: to leave shared RAM out of its streams. Left set, the next <c>virsh save</c>
/// would write an image without RAM, report success, and lose the guest.
/// </summary>
internal static class SharedRam
{
    /// <summary>Has RAM in the streams of one QEMU again, and sees that it is.</summary>
    /// <returns>What could not be put right; null where it is, or its QEMU has ended.</returns>
    public static async Task<string?> WhyNotClearedAsync(SwapSession session, SwapSide side, Guid uuid, IQmpMonitor monitor)
    {
        try
        {
            if (!await monitor.IgnoresSharedRamAsync(CancellationToken.None))
                return null;
            await monitor.IgnoreSharedRamAsync(ignore: false, CancellationToken.None);
            return await monitor.IgnoresSharedRamAsync(CancellationToken.None)
                ? $"its QEMU in {side.Generation.Name} still leaves RAM out of what it saves; do not save it before 'hostctl resume' has put that right"
                : null;
        }
        catch (HostSwapException exception)
        {
            var lives = session.Kernel.QemuProcesses().Any(process =>
                process.DomainUuid == uuid && string.Equals(process.PidNamespace, side.PidNamespace, StringComparison.Ordinal));
            return lives
                ? $"whether its QEMU in {side.Generation.Name} saves its RAM cannot be told: {exception.Message}; do not save it before 'hostctl resume' has put that right"
                : null;
        }
    }

    /// <summary>Clears what a hostctl that died has left set in any QEMU of one side.</summary>
    /// <returns>What could not be put right.</returns>
    public static async Task<IReadOnlyList<string>> ClearAllAsync(SwapSession session, SwapSide side)
    {
        List<string> problems = [];
        foreach (var process in session.Kernel.QemuProcesses().Where(process => string.Equals(process.PidNamespace, side.PidNamespace, StringComparison.Ordinal)))
        {
            var socket = side.Generation.Paths.QmpSocket(process.DomainUuid);
            if (!File.Exists(socket))
                continue; // It was never told, since it has no monitor for that.
            try
            {
                await using var monitor = await session.Qmp.ConnectAsync(socket, $"qemu {process.DomainUuid} in {side.Generation.Name}", CancellationToken.None);
                if (!await monitor.IgnoresSharedRamAsync(CancellationToken.None))
                    continue;
                await session.Log.DoAsync("save-ram", process.DomainUuid.ToString(), async () =>
                    await WhyNotClearedAsync(session, side, process.DomainUuid, monitor) is { } problem
                        ? throw new AdapterException($"qemu {side.Generation.Name}", "migrate-set-capabilities", problem)
                        : "its RAM is part of what it saves again");
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                problems.Add($"VM {process.DomainUuid}: {exception.Message}");
            }
        }

        return problems;
    }
}
