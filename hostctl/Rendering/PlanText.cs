using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Planning;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>A plan for people: what would be done, what changes, and what forbids it.</summary>
internal static class PlanText
{
    /// <summary>Writes the whole plan.</summary>
    public static void Write(IAnsiConsole console, SwapPlan plan)
    {
        var candidate = plan.Candidate is { } number ? $"gen-{number}" : "the candidate";
        console.Line(Title(plan, candidate), Tone.Strong);
        if (plan.Quick is { } quick)
            console.Line($"No candidate was started: this is from what one of this image said on {quick.RecordedAt:yyyy-MM-dd HH:mm} UTC, under the same kernel on the same processor.");
        console.WriteLine();
        WriteVersions(console, plan.Versions);
        WriteKernel(console, plan);
        if (plan.Packages is { } packages) PackageText.Write(console, packages, all: false);
        WriteMoves(console, plan);
        console.List("Carried over besides:", [
            .. plan.Networks.Select(name => $"network {SafeText.Name(name)}"),
            .. plan.StoragePools.Select(name => $"storage pool {SafeText.Name(name)}"),
            .. plan.NetworkFilters.Select(name => $"network filter {SafeText.Name(name)}"),
            .. plan.Secrets.Select(uuid => $"secret {uuid}, with its value")]);
        console.List("Comes with the new image:", [.. plan.OfTheImage.Select(SafeText.Name)]);
        console.List(
            "Could not come back once moved:",
            [.. plan.Moves.Where(move => move.NoWayBack is not null).Select(move => $"{SafeText.Name(move.Name)}: {move.NoWayBack}")],
            Tone.Doubtful);
        console.List("Not refreshed by this:", plan.NotRefreshed);
        console.List("Only a full plan ('hostctl plan' without --quick) tells:", plan.Quick?.NotAsked ?? [], Tone.Doubtful);
        console.List("Warnings:", plan.Warnings, Tone.Doubtful);
        WriteBlockers(console, plan.Blockers);
        WriteVerdict(console, plan);
    }

    private static string Title(SwapPlan plan, string candidate) => (plan.From, plan.Candidate) switch
    {
        (GenerationPaths.OuterNumber, _) => $"Adoption of this machine's own libvirt (gen-{plan.From}) into {candidate} ({plan.Image}, {Format.Digest(plan.ImageId)})",
        (_, GenerationPaths.OuterNumber) => $"Way back from gen-{plan.From} ({plan.FromImage}) to this machine's own libvirt ({candidate})",
        _ => $"Swap of gen-{plan.From} ({plan.FromImage}) to {candidate} ({plan.Image}, {Format.Digest(plan.ImageId)})",
    };

    /// <summary>Writes what forbids the swap; nothing where it is not forbidden.</summary>
    public static void WriteBlockers(IAnsiConsole console, IReadOnlyList<Blocker> blockers)
    {
        if (blockers.Count == 0) return;
        console.Line("Blockers:", Tone.Strong);
        foreach (var blocker in blockers)
        {
            console.Line($"  [{blocker.Code}] {SafeText.Name(blocker.Subject)}: {blocker.Problem}", Tone.Bad);
            if (blocker.Fix.Length > 0) console.Line($"      Fix: {blocker.Fix}");
        }

        console.WriteLine();
    }

    private static void WriteVersions(IAnsiConsole console, IReadOnlyList<VersionChange> versions)
    {
        if (versions.Count == 0) return;
        var table = Layout.Table("Part", "Now", "Then");
        foreach (var version in versions)
        {
            var changes = !string.Equals(version.From, version.To, StringComparison.Ordinal);
            table.AddRow(Layout.Name(version.Part), Layout.Name(version.From), Layout.Cell(version.To, changes ? Tone.Good : Tone.Faint));
        }

        console.Show(table);
    }

    /// <summary>Both sides have the one kernel; a device that only one of them has been given is named.</summary>
    private static void WriteKernel(IAnsiConsole console, SwapPlan plan)
    {
        if (plan.KernelModules.Count == 0) return;
        console.Line($"Kernel of both sides: {plan.Kernel}; {string.Join(", ", plan.KernelModules.Select(static module => $"{module.Name} {module.State}"))}.");
        foreach (var module in plan.KernelModules.Where(static module => module.To is { } there && there != module.From))
            console.Line($"  {module.Device} is given to {(module.From ? "the old side alone" : "the new side alone")}.", Tone.Doubtful);
        console.WriteLine();
    }

    private static void WriteMoves(IAnsiConsole console, SwapPlan plan)
    {
        if (plan.Moves.Count == 0)
        {
            console.Line("There are no VMs to move.");
            return;
        }

        var table = Layout.Table(">#", "VM", "State", "Method", ">Memory", "Back?", "Reason");
        foreach (var move in plan.Moves.OrderBy(move => move.Order))
        {
            table.AddRow(
                Layout.Cell($"{move.Order}"),
                Layout.Name(move.Name),
                Layout.Cell(Words.OfState(move.State), StatusText.ToneOf(move.State)),
                Layout.Cell(Words.Of(move.Method)),
                Layout.Cell(Format.Bytes(move.MemoryBytes)),
                Layout.Cell(move.NoWayBack is null ? "yes" : "no", move.NoWayBack is null ? Tone.Good : Tone.Doubtful),
                Layout.Cell(move.Policy.InWords is { Length: > 0 } policy ? $"{move.Reason} ({SafeText.Sentence(policy)})" : move.Reason));
        }

        console.Show(table);
    }

    private static void WriteVerdict(IAnsiConsole console, SwapPlan plan)
    {
        if (plan is { Quick: not null, Blockers.Count: 0 })
        {
            console.Line($"Nothing that is recorded is against this swap of {Format.Count(plan.Moves.Count, "VM")}; a full plan has the last word.", Tone.Good);
            return;
        }

        if (plan.Blockers.Count > 0)
        {
            console.Line($"This swap is refused: {Format.Count(plan.Blockers.Count, "blocker")}. Nothing has been moved.", Tone.Bad);
            return;
        }

        console.Line(
            $"This swap can be made: {Format.Count(plan.Moves.Count, "VM")}, {plan.Parallel} at a time, "
            + $"{Format.Bytes(plan.MemoryAvailableBytes)} of memory available.",
            Tone.Good);
    }
}
