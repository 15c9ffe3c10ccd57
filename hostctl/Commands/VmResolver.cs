using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Hostctl.Commands;

/// <summary>Finds the VM that an operator means.</summary>
internal static class VmResolver
{
    private const int MostSuggestions = 3;
    private const int LongestCompared = 128;

    /// <summary>Finds a VM of the active generation by its exact name or UUID.</summary>
    /// <exception cref="UsageException">There is none, there are several, or it is in another generation.</exception>
    public static VmStatus Resolve(HostStatus status, string text)
    {
        var named = Named(status, text);
        var active = status.Generations.FirstOrDefault(generation => generation.Role == GenerationRole.Active)?.Number;
        var here = named.Where(vm => vm.Generation == active).ToList();
        return here switch
        {
            [var one] => one,
            [_, _, ..] => throw Ambiguous(here, text),
            _ when named is [var other, ..] => throw new UsageException(
                $"VM '{SafeText.Name(other.Name)}' is in gen-{other.Generation}, which is not the active generation",
                "'hostctl status' shows the generations; an operation that was not finished is ended by 'hostctl resume'."),
            _ => throw Unknown(status.VirtualMachines, text),
        };
    }

    /// <summary>
    /// Finds a VM by its exact name or UUID in whichever generation it is. While it moves two have it: the one counts in which
    /// it executes, and where none does, the one from which it has not gone yet, which is the older.
    /// </summary>
    /// <exception cref="UsageException">There is none, or there are several.</exception>
    public static VmStatus ResolveAnywhere(HostStatus status, string text)
    {
        var named = Named(status, text);
        if (named.DistinctBy(vm => vm.Uuid).Skip(1).Any()) throw Ambiguous(named, text);
        return Executing(named) ?? throw Unknown(status.VirtualMachines, text);
    }

    /// <summary>Where a VM is now, by the same rule; null where it is nowhere any more.</summary>
    public static VmStatus? FindAnywhere(HostStatus status, Guid uuid) => Executing(status.VirtualMachines.Where(vm => vm.Uuid == uuid));

    private static VmStatus? Executing(IEnumerable<VmStatus> places) =>
        places.OrderByDescending(vm => vm.State == DomainState.Running).ThenByDescending(vm => vm.IsActive).ThenBy(vm => vm.Generation).FirstOrDefault();

    private static List<VmStatus> Named(HostStatus status, string text)
    {
        var vms = status.VirtualMachines;
        var named = vms.Where(vm => string.Equals(vm.Name, text, StringComparison.Ordinal)).ToList();
        return Guid.TryParse(text, out var uuid) ? [.. named.Union(vms.Where(vm => vm.Uuid == uuid))] : named;
    }

    private static UsageException Ambiguous(IEnumerable<VmStatus> vms, string text) => new(
        $"'{SafeText.Name(text)}' means several VMs: {string.Join(", ", vms.Select(vm => vm.Uuid).Distinct())}", "Name it by its UUID.");

    private static UsageException Unknown(IReadOnlyList<VmStatus> vms, string text)
    {
        var candidates = vms.Select(vm => vm.Name)
            .Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Distance(name, text)))
            .Where(candidate => candidate.Distance <= Math.Max(2, text.Length / 3)
                || candidate.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .ToList();

        // One that differs in a letter is hardly confused with one that differs in three.
        var near = candidates
            .TakeWhile(candidate => candidate.Distance <= candidates[0].Distance + 1)
            .Take(MostSuggestions)
            .Select(candidate => $"'{SafeText.Name(candidate.Name)}'")
            .ToList();
        return new UsageException(
            $"there is no VM '{SafeText.Name(text)}'",
            near.Count == 0 ? "'hostctl vm list' lists them." : $"Did you mean {string.Join(" or ", near)}?");
    }

    /// <summary>Levenshtein's distance, without regard to case; names are cut, since it grows with their product.</summary>
    private static int Distance(string left, string right)
    {
        if (left.Length > LongestCompared || right.Length > LongestCompared) return int.MaxValue;
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                var best = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                (diagonal, row[j]) = (row[j], best);
            }
        }

        return row[^1];
    }
}
