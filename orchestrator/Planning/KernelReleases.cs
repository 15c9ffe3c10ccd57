using System.Globalization;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Kernels of the outer host, which no swap refreshes.</summary>
internal static class KernelReleases
{
    /// <summary>The newest release among those installed that is newer than the running one, of the same flavour; null where there is none.</summary>
    /// <param name="running">As <c>uname -r</c> tells it: <c>6.1.0-18-amd64</c>.</param>
    /// <param name="installed">The names of the directories below <c>/lib/modules</c>.</param>
    public static string? NewerThan(string running, IEnumerable<string> installed) => installed
        .Where(release => string.Equals(FlavourOf(release), FlavourOf(running), StringComparison.Ordinal) && Compare(release, running) > 0)
        .Order(Comparer<string>.Create(Compare))
        .LastOrDefault();

    /// <summary>Debian builds kernels for several kinds of machine; one of another kind is no newer one of this.</summary>
    private static string FlavourOf(string release)
    {
        // In "6.1.0-18-cloud-amd64" it begins after the number behind the first dash; in "6.12.48+deb13-amd64" after that dash.
        var dash = release.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? "" : release[(dash + 1)..].TrimStart([.. "0123456789."]).TrimStart('-');
    }

    private static int Compare(string left, string right)
    {
        var (one, other) = (Numbers(left), Numbers(right));
        for (var at = 0; at < Math.Max(one.Count, other.Count); at++)
        {
            if (one.ElementAtOrDefault(at).CompareTo(other.ElementAtOrDefault(at)) is not 0 and var order)
                return order;
        }

        return 0;
    }

    /// <summary>The version and Debian's ABI number; what follows, as in <c>amd64</c>, is no part of the order.</summary>
    private static List<long> Numbers(string release)
    {
        List<long> numbers = [];
        foreach (var part in release.Split('.', '-', '+'))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                break;
            numbers.Add(number);
        }

        return numbers;
    }
}
