using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// What a boot in mid-swap needs besides the active generation: every other one that holds VMs is brought up too, and
/// VMs that start by themselves are started where they are. Nothing is moved.
/// </summary>
internal sealed class UnfinishedStarts(OuterHostParts parts, ISwapObserver observer)
{
    /// <summary>Does it; nothing where nothing is unfinished.</summary>
    /// <param name="log">The record of the start.</param>
    /// <param name="active">The active generation, which is up.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task RunAsync(EffectLog log, Generation active, CancellationToken cancellationToken)
    {
        if (parts.Journal.UnfinishedOperations() is not [var newest, ..])
            return;

        Notice($"operation {newest.Id} ({newest.Summary}) is unfinished: 'hostctl resume' continues it, 'hostctl resume --rollback' returns every VM");
        var missed = new MissedStarts(parts, log, Notice);
        await using var preferred = parts.Connector.ConnectLibvirt(active);
        await missed.CatchUpAsync(active, preferred.Domains, preferred: null);
        foreach (var other in parts.Generations.All().Where(generation => generation.Number != active.Number))
        {
            if ((await parts.Contents.FindAsync(other, cancellationToken)).Count == 0)
                continue;
            await parts.Generations.StartAsync(log, other, cancellationToken);
            await parts.Probe.WaitAsync(other, cancellationToken);
            await using var libvirt = parts.Connector.ConnectLibvirt(other);
            await missed.CatchUpAsync(other, libvirt.Domains, preferred.Domains);
        }
    }

    private void Notice(string message) => observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), message));
}
