using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// Closes a generation before it is stopped: its libvirt goes first, which alone could start a VM in it, and only then is
/// it seen to be empty. Looked at the other way round, somebody's <c>virsh start</c> between the look and the stop would be
/// a VM that the stop kills. VMs do not notice that libvirtd goes (systemd.kill(5), <c>KillMode=process</c> of its unit).
/// </summary>
internal sealed class GenerationClosing(IContainerEngine engine, GenerationContents contents)
{
    /// <summary>libvirtd ends within its unit's own 90 s (systemd-system.conf(5), <c>DefaultTimeoutStopSec</c>), or systemd kills it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <summary>Closes a generation that runs, and sees that it is empty; one that is not is open again afterwards.</summary>
    /// <returns>What was seen.</returns>
    /// <exception cref="GenerationHoldsException">It holds something.</exception>
    public async Task<string> CloseAsync(Generation generation, CancellationToken cancellationToken)
    {
        var doubt = await TryAsync(generation, "stop", cancellationToken);
        var held = await contents.FindAsync(generation, cancellationToken);
        if (held.Count == 0)
            return doubt is null ? "empty, and libvirt is stopped" : $"empty, but libvirt could not be stopped: {doubt}";

        var closed = await ReopenAsync(generation, CancellationToken.None);
        throw new GenerationHoldsException(generation, closed is null ? held : [.. held, $"a libvirt that is stopped and cannot be started: {closed}"]);
    }

    /// <summary>Has libvirt run again in a generation that was closed; no change where it runs.</summary>
    /// <returns>Why it could not be started; null where it was.</returns>
    public Task<string?> ReopenAsync(Generation generation, CancellationToken cancellationToken) => TryAsync(generation, "start", cancellationToken);

    /// <summary>A host that is half broken must still be stoppable, so that a refusal is an answer here and no error.</summary>
    private async Task<string?> TryAsync(Generation generation, string verb, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await engine.ExecuteAsync(
                generation.ContainerName, ["systemctl", verb, .. HostImageContract.LibvirtUnits], Limit, cancellationToken);
            return outcome.ExitCode == 0 ? null : $"systemctl {verb} ended with {outcome.ExitCode}: {outcome.Error.Trim()}";
        }
        catch (Exception exception) when (exception is AdapterException or DeadlineException)
        {
            return exception.Message;
        }
    }
}
