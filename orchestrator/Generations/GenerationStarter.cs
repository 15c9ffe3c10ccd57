using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Generations;

/// <summary>Brings the active generation up, making the first one where there is none.</summary>
public sealed class GenerationStarter(OuterHostParts parts)
{
    /// <summary>Starts it and waits until it is fit to hold VMs.</summary>
    /// <param name="image">Image for the first generation; null for the configured one.</param>
    /// <param name="afterwards">What is done under the same record once it is up.</param>
    /// <param name="cancellationToken">Stops waiting; what was started stays.</param>
    public async Task<GenerationStatus> RunAsync(
        string? image, Func<EffectLog, Generation, Task> afterwards, CancellationToken cancellationToken)
    {
        var active = parts.Generations.FindActive();
        if (active is not null && image is not null && !string.Equals(image, active.Record.Image, StringComparison.Ordinal))
        {
            throw new UsageException(
                $"{active.Name} is active with the image {active.Record.Image}", "Use 'hostctl swap --image' to go to another image.");
        }

        // Looked up before anything is journalled: a wrong name touches nothing.
        var reference = image ?? parts.Settings.Image;
        var description = active is null ? await parts.Generations.FindHostImageAsync(reference, cancellationToken) : null;
        var operation = parts.Journal.Begin(OperationKind.Start, active?.Name ?? Generation.NameOf(parts.Generations.NextNumber()), "{}");
        var log = new EffectLog(parts.Journal, operation.Id);
        try
        {
            active ??= await parts.Generations.CreateAsync(log, GenerationRole.Active, reference, description!, cancellationToken);
            await parts.Generations.StartAsync(log, active, cancellationToken);
            var ready = await parts.Probe.WaitAsync(active, cancellationToken);
            await parts.Generations.SetRestartAsync(log, active, restart: true, cancellationToken);
            GenerationDirectories.PointActiveLink(active.Paths);
            await afterwards(log, active);
            parts.Journal.Finish(operation.Id, OperationResult.Done, $"{active.Name} is {ready.SystemState}", "{}", OperationEnding.Untouched);
            return new GenerationStatus(
                active.Number,
                active.Role,
                active.Record.Image,
                active.Record.ImageId,
                ready.SystemState,
                active.Record.HostUuid,
                ready.Libvirt.LibvirtVersion,
                ready.Libvirt.HypervisorVersion,
                active.Record.CreatedAt,
                ready.FailedUnits);
        }
        catch (Exception exception) when (exception is not JournalException)
        {
            parts.Journal.Finish(operation.Id, OperationResult.FailedOnOldSide, exception.Message, "{}", OperationEnding.Untouched);
            throw;
        }
    }
}
