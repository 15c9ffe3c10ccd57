using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Makes the side that VMs go to have the networks, storage pools, network filters and secrets of the side that they leave.
/// It compares, acts on what differs, and compares again: it can be run any number of times.
/// </summary>
/// <remarks>
/// What differs is decided by what the other side is. A new candidate takes over everything, and keeps what its image has
/// besides. A generation that is called back has had everything once: what it has alone was removed since. The generation
/// that is active, to which a swap returns, is the one that counts: it is given what it lacks, and nothing of it is changed.
/// So is the outer host, which is the operator's.
/// </remarks>
internal sealed class ObjectCarrier(SwapSession session)
{
    private const string Step = "replicate";
    private const string LeasesStep = "carry-leases";

    /// <summary>Definitions that the other side's libvirt has taken and writes differently, which is no reason to define them again.</summary>
    private readonly HashSet<(string Subject, string What, string Diff)> _converted = [];

    private readonly DhcpLeases _leases = new(session.Source.Generation.Paths, session.Target.Generation.Paths, session.Time);

    private ILibvirtHost Source => session.Source.Libvirt;

    private ILibvirtHost Target => session.Target.Libvirt;

    /// <summary>Carries; returns what was done.</summary>
    /// <exception cref="StepFailedException">Something that VMs may need still differs afterwards.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var here = await ReadAsync(session.Source, cancellationToken);
        var wanted = InOrder(await DifferencesAsync(here, cancellationToken));
        // What is attached to a network loses it where that is stopped.
        var inUse = (await Target.Domains.ListAsync(cancellationToken)).Any(static domain => domain.IsActive);
        foreach (var difference in wanted)
        {
            await session.Log.DoAsync(Step, difference.Subject, async () =>
            {
                await ApplyAsync(difference, inUse, cancellationToken);
                return difference.What;
            });
        }

        if (!inUse)
            await CarryLeasesAsync(here, cancellationToken);
        if (wanted.Count > 0)
            Judge(await DifferencesAsync(here, cancellationToken));
        return $"{Count(here, HostObjectKind.Network)} network(s), {Count(here, HostObjectKind.StoragePool)} storage pool(s), {Count(here, HostObjectKind.NetworkFilter)} network filter(s), {Count(here, HostObjectKind.Secret)} secret(s); {wanted.Count} differed";
    }

    /// <summary>
    /// Looks at what differs after all: what VMs may come to miss is a failure; that a libvirt of another release writes a
    /// definition differently, or that something goes on being used there, is told.
    /// </summary>
    private void Judge(IReadOnlyList<HostDifference> left)
    {
        const DifferingAspects Harmless = DifferingAspects.Definition | DifferingAspects.ActiveAsWell;
        var (source, target) = (session.Source.Generation.Name, session.Target.Generation.Name);
        var missed = left.Where(static difference => difference.Kind != DifferenceKind.Changed || (difference.Aspects & ~Harmless) != DifferingAspects.None).ToList();
        if (missed.Count > 0)
            throw new StepFailedException([.. missed.Select(difference => $"{difference.Subject} is not in {target} as it is in {source}: {difference.What}")]);
        foreach (var difference in left.Where(difference => _converted.Add(KeyOf(difference))))
            session.Notice($"{difference.Subject} is not in {target} as it is in {source}: {difference.What}");
    }

    private static (string Subject, string What, string Diff) KeyOf(HostDifference difference) => (difference.Subject, difference.What, difference.Diff);

    private static int Count(IReadOnlyList<HostObject> objects, HostObjectKind kind) => objects.Count(item => item.Kind == kind);

    private static Task<IReadOnlyList<HostObject>> ReadAsync(SwapSide side, CancellationToken cancellationToken) =>
        HostReader.ReadObjectsAsync(side.Libvirt, side.Generation.Paths, cancellationToken);

    /// <summary>What differs and is not to.</summary>
    private async Task<IReadOnlyList<HostDifference>> DifferencesAsync(IReadOnlyList<HostObject> here, CancellationToken cancellationToken)
    {
        var there = await ReadAsync(session.Target, cancellationToken);
        var target = session.Target.Generation;
        var kinds = target.Role == GenerationRole.Active || target.IsOuter ? [DifferenceKind.Missing]
            : target.Record.RetiredAt is null ? new[] { DifferenceKind.Missing, DifferenceKind.Changed }
            : [DifferenceKind.Missing, DifferenceKind.Changed, DifferenceKind.Extra];
        return
        [
            .. HostComparison.Compare(here, [.. there.Select(item => WithoutValueOf(item, here))])
                .Where(difference => kinds.Contains(difference.Kind) && !_converted.Contains(KeyOf(difference))),
        ];
    }

    /// <summary>A value that cannot be carried is no reason to try again.</summary>
    private static HostObject WithoutValueOf(HostObject item, IReadOnlyList<HostObject> here) =>
        item.Kind == HostObjectKind.Secret && here.FirstOrDefault(other => other.Kind == item.Kind && other.Uuid == item.Uuid) is { HasUnreadableValue: true } other
            ? item with { Value = other.Value }
            : item;

    /// <summary>
    /// A filter may refer to others, which libvirt wants to know before; what is to go, goes in the opposite order. Filters
    /// that refer to each other in a circle are left to libvirt's judgement.
    /// </summary>
    private static IReadOnlyList<HostDifference> InOrder(IReadOnlyList<HostDifference> differences)
    {
        var extra = differences.Where(static difference => difference.Kind == DifferenceKind.Extra).Reverse();
        var filters = differences.Where(static difference => difference is { Kind: not DifferenceKind.Extra, Object.Kind: HostObjectKind.NetworkFilter });
        var others = differences.Where(static difference => difference is { Kind: not DifferenceKind.Extra, Object.Kind: not HostObjectKind.NetworkFilter });
        return [.. extra, .. DependencyOrder.Of(filters, RefersTo), .. others];
    }

    private static bool RefersTo(HostDifference filter, HostDifference other) =>
        DomainXmlReader.Parse(filter.Object!.Definition).Elements("filterref").Any(reference => string.Equals(reference.Attribute("filter")?.Value, other.Object!.Name, StringComparison.Ordinal));

    private Task ApplyAsync(HostDifference difference, bool inUse, CancellationToken cancellationToken)
    {
        var item = difference.Object!;
        return (difference.Kind, item.Kind) switch
        {
            (DifferenceKind.Extra, HostObjectKind.Secret) => Target.Secrets.UndefineAsync(item.Uuid, cancellationToken),
            (DifferenceKind.Extra, _) => RemoveAsync(item, cancellationToken),
            (_, HostObjectKind.Secret) => CarrySecretAsync(item.Uuid, cancellationToken),
            _ => CarryAsync(item, inUse, cancellationToken),
        };
    }

    private async Task RemoveAsync(HostObject item, CancellationToken cancellationToken)
    {
        var objects = HostObject.Of(Target, item.Kind);
        if (item.Active)
            await objects.StopAsync(item.Name, cancellationToken);
        await objects.UndefineAsync(item.Name, cancellationToken);
    }

    private async Task CarrySecretAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var xml = await Source.Secrets.GetXmlAsync(uuid, cancellationToken);
        var value = await SecretValues.ReadAsync(Source, session.Source.Generation.Paths, uuid, xml, cancellationToken);
        await Target.Secrets.DefineAsync(xml, cancellationToken);
        if (value.Bytes is { } bytes)
            await Target.Secrets.SetValueAsync(uuid, bytes, cancellationToken);
    }

    private async Task CarryAsync(HostObject wanted, bool inUse, CancellationToken cancellationToken)
    {
        var objects = HostObject.Of(Target, wanted.Kind);
        var xml = await HostObject.Of(Source, wanted.Kind).GetXmlAsync(wanted.Name, cancellationToken);
        var there = await FindAsync(objects, wanted.Name, cancellationToken);
        var same = there is not null && there.Uuid == wanted.Uuid
            && string.Equals(DefinitionText.Normalise(await objects.GetXmlAsync(wanted.Name, cancellationToken)), wanted.Definition, StringComparison.Ordinal);
        if (!same && there is { Active: true } && !inUse)
        {
            // One that is active goes on with its old definition.
            await objects.StopAsync(wanted.Name, cancellationToken);
            there = there with { Active = false };
        }

        if (there is not null && there.Uuid != wanted.Uuid)
        {
            await objects.UndefineAsync(wanted.Name, cancellationToken);
            there = null;
        }

        if (!same)
            await objects.DefineAsync(xml, cancellationToken);
        if ((there?.Autostart ?? false) != wanted.Autostart)
            await objects.SetAutostartAsync(wanted.Name, wanted.Autostart, cancellationToken);
        if (wanted.Active && there is not { Active: true })
        {
            if (wanted.Kind == HostObjectKind.Network)
                CarryLeases(wanted);
            await objects.StartAsync(wanted.Name, cancellationToken);
        }
        else if (!wanted.Active && there is { Active: true } && !inUse)
            await objects.StopAsync(wanted.Name, cancellationToken);
    }

    /// <summary>
    /// A network that was active there before, as one that the image brings, has given out nothing, or what it gave out when VMs
    /// were there the last time. What guests have, it learns at its start alone.
    /// </summary>
    private async Task CarryLeasesAsync(IReadOnlyList<HostObject> here, CancellationToken cancellationToken)
    {
        foreach (var network in here.Where(static item => item is { Kind: HostObjectKind.Network, Active: true }))
        {
            if (DhcpLeases.FileOf(network.Definition) is not { } file || LackingOf(network, file) is not { Count: > 0 })
                continue;
            await session.Log.DoAsync(LeasesStep, network.InWords, async () =>
            {
                await Target.Networks.StopAsync(network.Name, cancellationToken);
                var observed = CarryLeases(network);
                await Target.Networks.StartAsync(network.Name, cancellationToken);
                return observed;
            });
        }
    }

    private IReadOnlyList<string> LackingOf(HostObject network, string file)
    {
        try
        {
            return _leases.Lacking(file);
        }
        catch (IOException exception)
        {
            TellOfLeases(network, exception);
            return [];
        }
    }

    /// <summary>That it fails holds nothing up: guests keep their addresses until they ask for new ones.</summary>
    private string CarryLeases(HostObject network)
    {
        try
        {
            return DhcpLeases.FileOf(network.Definition) is { } file ? _leases.Carry(file) : "it gives out no addresses";
        }
        catch (IOException exception)
        {
            TellOfLeases(network, exception);
            return exception.Message;
        }
    }

    private void TellOfLeases(HostObject network, IOException exception) => session.Notice(
        $"{network.InWords}: what addresses its guests have from it is not known in {session.Target.Generation.Name}, which may give them to others: {exception.Message}");

    private static async Task<LibvirtObject?> FindAsync(ILibvirtObjects objects, string name, CancellationToken cancellationToken) =>
        (await objects.ListAsync(cancellationToken)).FirstOrDefault(item => string.Equals(item.Name, name, StringComparison.Ordinal));
}
