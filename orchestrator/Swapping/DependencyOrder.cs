namespace HostSwap.Orchestrator.Swapping;

/// <summary>Puts first what others need.</summary>
internal static class DependencyOrder
{
    /// <summary>Sorts; what needs each other in a circle stays in the order in which it came.</summary>
    /// <param name="items">What to sort.</param>
    /// <param name="needs">Whether the first needs the second.</param>
    public static IReadOnlyList<T> Of<T>(IEnumerable<T> items, Func<T, T, bool> needs)
        where T : class
    {
        List<T> sorted = [];
        var waiting = items.ToList();
        while (waiting.Count > 0)
        {
            var next = waiting.Find(item => !waiting.Exists(other => other != item && needs(item, other))) ?? waiting[0];
            sorted.Add(next);
            waiting.Remove(next);
        }

        return sorted;
    }
}
