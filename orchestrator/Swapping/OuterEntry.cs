using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Lets the outer host's own libvirt take part as a generation, <c>gen-0</c>, which is active as long as VMs have not left it;
/// and takes that back where nothing came of it. Nothing but the journal is changed.
/// </summary>
internal sealed class OuterEntry(OuterHostParts parts)
{
    /// <summary>Finds what an adoption starts from, and records the outer host.</summary>
    /// <param name="image">Image of the generation that is made for it; null for the configured one.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="EnvironmentException">The outer host's libvirt cannot be reached, or the image is unusable.</exception>
    /// <exception cref="UsageException">A generation holds VMs already, or has another image.</exception>
    public async Task<SwapStart> EnterAsync(string? image, CancellationToken cancellationToken)
    {
        var active = parts.Generations.FindActive();
        var target = active is { IsOuter: false } ? active : parts.Generations.FindCandidate();
        if (active is { IsOuter: false })
            await ThrowIfInUseAsync(active, cancellationToken);
        if (target is not null && image is not null && !string.Equals(image, target.Record.Image, StringComparison.Ordinal))
            throw new UsageException($"{target.Name} is there already, with the image {target.Record.Image}", "Leave --image out; 'hostctl swap --image' goes to another one afterwards.");
        var reference = target?.Record.Image ?? image ?? parts.Settings.Image;
        var description = await parts.Generations.FindHostImageAsync(target?.Record.ImageId ?? reference, cancellationToken);
        var host = await DescribeAsync(cancellationToken);

        GenerationDirectories.EnsureHost(parts.Settings.Paths);
        GenerationDirectories.EnsureOuter(new GenerationPaths(parts.Settings.Paths, GenerationPaths.OuterNumber));
        var record = new GenerationRecord(
            GenerationPaths.OuterNumber, nameof(GenerationRole.Active), OuterEngine.Image, OuterEngine.Image, host.HostUuid, parts.Time.GetUtcNow(), RetiredAt: null);
        parts.Journal.RecordGenerations(target is null ? [record] : [record, target.Record with { Role = nameof(GenerationRole.Candidate), RetiredAt = null }]);
        return new SwapStart(parts.Generations.Active(), parts.Generations.FindCandidate(), reference, description);
    }

    /// <summary>
    /// Where VMs have not gone into any generation, or are all back and none is kept that they were in, the outer host takes part
    /// no more; a generation that was active before, and empty, is active again. Called when the operation is closed: of one that is
    /// not, whoever resumes it looks for both sides.
    /// </summary>
    public void Leave()
    {
        if (parts.Generations.FindActive() is not { IsOuter: true } outer)
            return;
        var others = parts.Generations.All().Where(static generation => !generation.IsOuter).ToList();
        var candidate = others.Find(static generation => generation.Role == GenerationRole.Candidate);
        if (candidate is null && others.Count > 0)
            return;
        parts.Journal.RecordGenerations(
            candidate is null ? [] : [candidate.Record with { Role = nameof(GenerationRole.Active) }], forgotten: outer.Number);
    }

    /// <summary>
    /// Whether a candidate was the active generation before the outer host took part: Docker starts it by itself, which it does
    /// with none that was made for a swap.
    /// </summary>
    public async Task<bool> WasActiveAsync(Generation candidate) =>
        parts.Generations.FindActive() is { IsOuter: true } && candidate.Record.RetiredAt is null
        && await parts.Engine.FindContainerAsync(candidate.ContainerName, CancellationToken.None) is { Restart: true };

    private async Task ThrowIfInUseAsync(Generation active, CancellationToken cancellationToken)
    {
        if (await parts.Contents.FindAsync(active, cancellationToken) is [var held, ..])
        {
            throw new UsageException(
                $"{active.Name} is active and holds {held}: the outer host's own libvirt is adopted where no VM is in a generation yet",
                "Carry its VMs over by 'virsh migrate', or move those of the generation away first.");
        }
    }

    /// <summary>What is absent on an ordinary server, as a rule, is libvirt-dbus.</summary>
    private async Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var outer = parts.Settings.Paths.Outer;
        if (!Directory.Exists(outer.Configuration))
            throw new EnvironmentException($"there is no libvirt on the outer host: {outer.Configuration} does not exist", "Nothing is to be adopted: 'hostctl start' makes gen-1.");
        var entry = new Generation(
            new GenerationRecord(GenerationPaths.OuterNumber, nameof(GenerationRole.Active), OuterEngine.Image, OuterEngine.Image, Guid.Empty, DateTimeOffset.UnixEpoch, RetiredAt: null),
            new GenerationPaths(parts.Settings.Paths, GenerationPaths.OuterNumber),
            "");
        await using var libvirt = parts.Connector.ConnectLibvirt(entry);
        try
        {
            return await libvirt.DescribeAsync(cancellationToken);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            throw new EnvironmentException(
                $"the outer host's libvirt cannot be reached by libvirt-dbus on {outer.Bus}: {exception.Message}",
                "Install it on the outer host ('apt install libvirt-dbus'), and see that libvirtd runs; VMs do not notice.",
                exception);
        }
    }
}
