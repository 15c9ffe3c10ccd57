using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// Ends canaries that a hostctl which died has left. They are no VMs: they are not moved, and keep no generation from being
/// stopped.
/// </summary>
internal sealed class LeftCanaries(OuterHostParts parts, EffectLog log)
{
    /// <summary>Ends those of all generations; what cannot be ended is told, and found again by whoever looks for what a generation holds.</summary>
    /// <param name="notice">Is told what could not be done.</param>
    public async Task EndAsync(Action<string> notice)
    {
        var places = new List<LiveGeneration>();
        try
        {
            foreach (var generation in parts.Generations.All())
            {
                // Nobody answers there any more; canaries come back also to a generation that stays.
                if (File.Exists(generation.Paths.HookSocket))
                    File.Delete(generation.Paths.HookSocket);
                if (await OpenAsync(generation) is { } place)
                    places.Add(place);
            }

            await new CanaryEnding(log, parts.Kernel, parts.Time).EndAllAsync(places);
        }
        catch (Exception exception) when (exception is AdapterException or DeadlineException or IOException or UnauthorizedAccessException)
        {
            notice($"whether a canary is left could not be seen: {exception.Message}");
        }
        finally
        {
            foreach (var place in places)
                await place.Libvirt.DisposeAsync();
        }
    }

    /// <summary>What a generation holds besides canaries, which are ended first.</summary>
    public async Task<IReadOnlyList<string>> HeldAsync(Generation generation)
    {
        var held = await parts.Contents.FindAsync(generation, CancellationToken.None);
        if (held.Count == 0 || await OpenAsync(generation) is not { } place)
            return held;
        await using var libvirt = place.Libvirt;
        try
        {
            await new CanaryEnding(log, parts.Kernel, parts.Time).EndAllAsync([place]);
            return await parts.Contents.FindAsync(generation, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return [.. held, $"perhaps a canary, which could not be told or ended: {exception.Message}"];
        }
    }

    /// <summary>A generation in which a QEMU runs; null where none does.</summary>
    private async Task<LiveGeneration?> OpenAsync(Generation generation)
    {
        var container = await parts.Engine.FindContainerAsync(generation.ContainerName, CancellationToken.None);
        return container is { Running: true } && parts.Kernel.PidNamespace(container.InitPid) is { } space
            && parts.Kernel.QemuProcesses().Any(process => string.Equals(process.PidNamespace, space, StringComparison.Ordinal))
                ? new LiveGeneration(generation, parts.Connector.ConnectLibvirt(generation), container.InitPid, space)
                : null;
    }
}
