using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>How something differs.</summary>
public enum DifferenceKind
{
    /// <summary>Only the first host has it.</summary>
    Missing,

    /// <summary>Only the second host has it.</summary>
    Extra,

    /// <summary>Both have it, but not the same.</summary>
    Changed,
}

/// <summary>In what something differs that both hosts have.</summary>
[Flags]
public enum DifferingAspects
{
    /// <summary>One of them has it alone.</summary>
    None = 0,

    /// <summary>Its UUID, of what goes by its name.</summary>
    Uuid = 1 << 0,

    /// <summary>Its name, of what goes by its UUID.</summary>
    Name = 1 << 1,

    /// <summary>Its definition.</summary>
    Definition = 1 << 2,

    /// <summary>Only the first is active; of a VM, its state.</summary>
    NotActive = 1 << 3,

    /// <summary>Only the second is active.</summary>
    ActiveAsWell = 1 << 4,

    /// <summary>Whether it starts by itself.</summary>
    Autostart = 1 << 5,

    /// <summary>The value of a secret.</summary>
    Value = 1 << 6,

    /// <summary>Whether it is persistent.</summary>
    Persistence = 1 << 7,

    /// <summary>The snapshots of a VM.</summary>
    Snapshots = 1 << 8,

    /// <summary>The checkpoints of a VM.</summary>
    Checkpoints = 1 << 9,

    /// <summary>The managed save image of a VM.</summary>
    SavedImage = 1 << 10,

    /// <summary>What the virtual TPM of a VM holds.</summary>
    Tpm = 1 << 11,
}

/// <summary>One difference between two hosts.</summary>
/// <param name="Kind">How.</param>
/// <param name="Subject">What differs, as in <c>network default</c>: untrusted text.</param>
/// <param name="What">In what, in words.</param>
/// <param name="Diff">The two definitions as a unified diff; empty where they are equal.</param>
public sealed record HostDifference(DifferenceKind Kind, string Subject, string What, string Diff = "")
{
    /// <summary>The object that it is about, as the first host has it where both do; null for a VM.</summary>
    public HostObject? Object { get; init; }

    /// <summary>In what, for programs.</summary>
    public DifferingAspects Aspects { get; init; }
}

/// <summary>Compares two hosts, item by item.</summary>
public static class HostComparison
{
    /// <summary>Compares all of it: VMs by UUID, all else by kind and name.</summary>
    public static IReadOnlyList<HostDifference> Compare(HostContents from, HostContents to) =>
        [.. Compare(from.Objects, to.Objects), .. Compare(from.Machines, to.Machines), .. Compare(from.Files, to.Files)];

    /// <summary>Compares what hosts have besides VMs.</summary>
    public static IReadOnlyList<HostDifference> Compare(IReadOnlyList<HostObject> from, IReadOnlyList<HostObject> to)
    {
        var there = to.ToDictionary(KeyOf);
        var here = from.Select(KeyOf).ToHashSet();
        return
        [
            .. from.SelectMany(item => there.TryGetValue(KeyOf(item), out var other)
                ? Compare(item, other)
                : [new HostDifference(DifferenceKind.Missing, item.InWords, "only the first has it") { Object = item }]),
            .. to.Where(item => !here.Contains(KeyOf(item))).Select(item => new HostDifference(DifferenceKind.Extra, item.InWords, "only the second has it") { Object = item }),
        ];

        static (HostObjectKind Kind, string Name) KeyOf(HostObject item) => (item.Kind, item.Name);
    }

    /// <summary>Compares VMs.</summary>
    public static IReadOnlyList<HostDifference> Compare(IReadOnlyList<HostMachine> from, IReadOnlyList<HostMachine> to)
    {
        var there = to.ToDictionary(static machine => machine.Uuid);
        var here = from.Select(static machine => machine.Uuid).ToHashSet();
        return
        [
            .. from.SelectMany(machine => there.TryGetValue(machine.Uuid, out var other)
                ? Compare(machine, other)
                : [new HostDifference(DifferenceKind.Missing, InWords(machine), "only the first has it")]),
            .. to.Where(machine => !here.Contains(machine.Uuid)).Select(static machine => new HostDifference(DifferenceKind.Extra, InWords(machine), "only the second has it")),
        ];
    }

    /// <summary>Compares the operator's files. Of one that was not configured when the other host was looked at nothing is known.</summary>
    public static IReadOnlyList<HostDifference> Compare(IReadOnlyList<OperatorFile> from, IReadOnlyList<OperatorFile> to)
    {
        var there = to.ToDictionary(static file => file.Path, StringComparer.Ordinal);
        return
        [
            .. from.Where(file => there.TryGetValue(file.Path, out var other) && !Same(file.Digest, other.Digest)).Select(file => (file.Digest, there[file.Path].Digest) switch
            {
                ("", _) => new HostDifference(DifferenceKind.Extra, InWords(file), "only the second has it"),
                (_, "") => new HostDifference(DifferenceKind.Missing, InWords(file), "only the first has it"),
                _ => new HostDifference(DifferenceKind.Changed, InWords(file), "its content, owner, permissions or times"),
            }),
        ];
    }

    private static string InWords(OperatorFile file) => $"file {file.Path}";

    private static IEnumerable<HostDifference> Compare(HostObject from, HostObject to)
    {
        var aspects = Of(from.Uuid != to.Uuid, DifferingAspects.Uuid)
            | Of(from.Uuid == to.Uuid && !Same(from.Definition, to.Definition), DifferingAspects.Definition)
            | Of(from.Active && !to.Active, DifferingAspects.NotActive)
            | Of(!from.Active && to.Active, DifferingAspects.ActiveAsWell)
            | Of(from.Autostart != to.Autostart, DifferingAspects.Autostart)
            | Of(!Same(from.Value, to.Value), DifferingAspects.Value);
        return Changed(from.InWords, aspects, (from.Definition, to.Definition), aspect => aspect switch
        {
            DifferingAspects.Uuid => $"its UUID was {from.Uuid} and is {to.Uuid}",
            DifferingAspects.NotActive => "it was active and is not",
            DifferingAspects.ActiveAsWell => "it was not active and is",
            DifferingAspects.Value => $"it had {from.Value} and has {to.Value}",
            _ => InWords(aspect, to.Autostart),
        }).Select(difference => difference with { Object = from });
    }

    private static IEnumerable<HostDifference> Compare(HostMachine from, HostMachine to)
    {
        var aspects = Of(!Same(from.Name, to.Name), DifferingAspects.Name)
            | Of(Group(from.State) != Group(to.State), DifferingAspects.NotActive)
            | Of(from.Persistent != to.Persistent, DifferingAspects.Persistence)
            | Of(from.Persistent == to.Persistent && !Same(from.Definition, to.Definition), DifferingAspects.Definition)
            | Of(from.Autostart != to.Autostart, DifferingAspects.Autostart)
            | Of(!Same(from.Snapshots, to.Snapshots), DifferingAspects.Snapshots)
            | Of(!Same(from.Checkpoints, to.Checkpoints), DifferingAspects.Checkpoints)
            | Of(!Same(from.SavedImage, to.SavedImage), DifferingAspects.SavedImage)
            // A guest that runs changes it as it likes.
            | Of(Group(from.State) == DomainState.ShutOff && Group(to.State) == DomainState.ShutOff && !Same(from.Tpm, to.Tpm), DifferingAspects.Tpm);
        return Changed(InWords(from), aspects, (from.Definition, to.Definition), aspect => aspect switch
        {
            DifferingAspects.Name => $"it was called {from.Name} and is {to.Name}",
            DifferingAspects.NotActive => $"it was {from.State} and is {to.State}",
            DifferingAspects.Snapshots => $"its snapshots were: {Listed(from.Snapshots)}, and are: {Listed(to.Snapshots)}",
            DifferingAspects.Checkpoints => $"its checkpoints were: {Listed(from.Checkpoints)}, and are: {Listed(to.Checkpoints)}",
            DifferingAspects.SavedImage => $"its managed save image was: {Listed(from.SavedImage)}, and is: {Listed(to.SavedImage)}",
            DifferingAspects.Tpm => "what its virtual TPM holds",
            DifferingAspects.Persistence => to.Persistent ? "it was transient and is persistent" : "it was persistent and is transient",
            _ => InWords(aspect, to.Autostart),
        });
    }

    private static string InWords(DifferingAspects aspect, bool autostart) => aspect switch
    {
        DifferingAspects.Autostart => autostart ? "it did not start by itself and does" : "it started by itself and does not",
        _ => "its definition",
    };

    private static IEnumerable<HostDifference> Changed(
        string subject, DifferingAspects aspects, (string From, string To) definitions, Func<DifferingAspects, string> inWords)
    {
        if (aspects == DifferingAspects.None)
            yield break;
        var words = Enum.GetValues<DifferingAspects>().Where(aspect => aspect != DifferingAspects.None && aspects.HasFlag(aspect)).Select(inWords);
        yield return new HostDifference(
            DifferenceKind.Changed,
            subject,
            string.Join("; ", words),
            aspects.HasFlag(DifferingAspects.Definition) ? UnifiedDiff.Render(definitions.From, definitions.To) : "")
        {
            Aspects = aspects,
        };
    }

    private static DifferingAspects Of(bool differs, DifferingAspects aspect) => differs ? aspect : DifferingAspects.None;

    private static string Listed(string items) => items.Length == 0 ? "none" : items;

    private static string InWords(HostMachine machine) => $"VM {machine.Name}";

    /// <summary>A blocked CPU is a running one that waits for its disk; crashed and shut off are both without a QEMU.</summary>
    private static DomainState Group(DomainState state) => state switch
    {
        DomainState.Blocked => DomainState.Running,
        DomainState.Crashed => DomainState.ShutOff,
        _ => state,
    };

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.Ordinal);
}
