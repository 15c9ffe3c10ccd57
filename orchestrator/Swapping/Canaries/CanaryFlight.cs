using System.Security.Cryptography;
using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// One canary from its start to its end: it is started in the generation that VMs leave, moved to the one that they go to,
/// moved back, and ended, whatever happened.
/// </summary>
/// <param name="there">The way there.</param>
/// <param name="back">The same sides the other way round, with whoever answers the hook of the generation that VMs leave.</param>
internal sealed class CanaryFlight(SwapSession there, SwapSession back)
{
    private readonly CanaryEnding _ending = new(there.Log, there.Kernel, there.Time);

    /// <summary>Flies.</summary>
    /// <param name="method">How it is moved.</param>
    /// <param name="model">A VM that is to be moved, in the generation that VMs leave.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <returns>What was wrong; null where nothing was.</returns>
    /// <exception cref="JournalException">The journal cannot be written.</exception>
    public async Task<CanaryFailure?> RunAsync(MoveMethod method, Guid model, CancellationToken stop)
    {
        var uuid = Guid.NewGuid();
        CanaryFailure? failure = null;
        string? left;
        try
        {
            failure = await FlyAsync(method, model, uuid, stop);
        }
        finally
        {
            left = await WhyNotEndedAsync(uuid);
        }

        return left is null ? failure : failure is null ? new CanaryFailure(CanaryStage.There, left) : failure with { Why = $"{failure.Why}; {left}" };
    }

    private async Task<CanaryFailure?> FlyAsync(MoveMethod method, Guid model, Guid uuid, CancellationToken stop)
    {
        var stage = CanaryStage.Start;
        try
        {
            await StartAsync(model, uuid, method, stop);
            foreach (var leg in new[] { new CanaryLeg(there), new CanaryLeg(back) })
            {
                var ready = await leg.PrepareAsync(uuid);
                stage = stage == CanaryStage.Start ? CanaryStage.There : CanaryStage.Back;
                await leg.MoveAsync(method, ready, stop);
                stop.ThrowIfCancellationRequested();
            }

            return null;
        }
        catch (Exception exception) when (exception is XmlException or (HostSwapException and not JournalException))
        {
            stop.ThrowIfCancellationRequested(); // One that was interrupted has shown nothing.
            return new CanaryFailure(stage, exception.Message);
        }
    }

    private async Task StartAsync(Guid model, Guid uuid, MoveMethod method, CancellationToken stop)
    {
        var domains = there.Source.Libvirt.Domains;
        var mount = new MemoryMount(there.Settings, there.Kernel).Find();
        var memory = Math.Max(CanaryDefinition.MemoryBytes, mount?.PageSizeBytes ?? 0);
        // One that is copied has its RAM twice for a moment. Without room it would fail for a reason that is none of the VMs'.
        var wanted = method == MoveMethod.Copy ? 2 * memory : memory;
        if (mount is { SizeBytes: > 0 } && mount.SizeBytes - mount.UsedBytes is var free && free < wanted)
            throw new CanaryFailedException($"{wanted >> 20} MiB of the memory mount are wanted for it, and {Math.Max(0, free) >> 20} MiB are free");

        var xml = CanaryDefinition.Make(await domains.GetXmlAsync(model, DomainXml.Live, stop), await NameAsync(stop), uuid, memory);
        stop.ThrowIfCancellationRequested();
        await there.Log.DoAsync("canary-start", uuid.ToString(), async () =>
        {
            await domains.CreateAsync(xml, CancellationToken.None);
            return $"it runs in {there.Source.Generation.Name}";
        });
    }

    /// <summary>A customer's VM may have the name. libvirt keeps 20 characters of it in the place of RAM files.</summary>
    private async Task<string> NameAsync(CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var side in new[] { there.Source, there.Target })
            taken.UnionWith((await side.Libvirt.Domains.ListAsync(cancellationToken)).Select(static domain => domain.Name));
        var name = CanaryMark.Name;
        while (taken.Contains(name))
            name = $"{CanaryMark.Name}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}";
        return name;
    }

    private async Task<string?> WhyNotEndedAsync(Guid uuid)
    {
        var (source, target) = (there.Source.Live, there.Target.Live);
        try
        {
            await _ending.EndAsync([source, target], uuid);
            await _ending.RemoveRamAsync(source);
            await _ending.RemoveRamAsync(target);
            return null;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            there.Notice($"a canary is left: {exception.Message}");
            return exception.Message;
        }
    }
}

/// <summary>How far a canary had come.</summary>
internal enum CanaryStage
{
    /// <summary>It was not ready to be moved, which says nothing of VMs that run already.</summary>
    Start,

    /// <summary>It was moved to the other side, or could not be ended.</summary>
    There,

    /// <summary>It was moved back.</summary>
    Back,
}

/// <summary>What was wrong with a canary.</summary>
/// <param name="Stage">When.</param>
/// <param name="Why">In words.</param>
internal sealed record CanaryFailure(CanaryStage Stage, string Why);
