using System.Globalization;
using HostSwap.Lab;

namespace HostSwap.Bench;

/// <summary>What was asked for.</summary>
/// <param name="Scale">How much is measured.</param>
/// <param name="Sections">Which sections: 1 idle VM, 2 dirtying VM, 3 whole host with hostctl's own cost and generations' lives, 4 how many of its VMs at once; empty for all.</param>
/// <param name="Output">Directory of the report.</param>
internal sealed record BenchOptions(BenchScale Scale, IReadOnlySet<int> Sections, string Output)
{
    /// <summary>Whether a section is wanted.</summary>
    public bool Wants(int section) => Sections.Count == 0 || Sections.Contains(section);

    /// <summary>Reads the command line and <c>BENCH</c>; null where it is wrong.</summary>
    public static BenchOptions? TryParse(IReadOnlyList<string> arguments)
    {
        if (Scales(Environment.GetEnvironmentVariable("BENCH") is { Length: > 0 } name ? name : BenchScale.Full.Name) is not { } scale) return null;
        var options = new BenchOptions(scale, new HashSet<int>(), Path.Join(Repository.Output, "bench"));
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count || options.With(arguments[i], arguments[i + 1]) is not { } next) return null;
            options = next;
        }

        return options.Scale.SizesMiB.Contains(options.Scale.ReferenceMiB)
            ? options
            : options with { Scale = options.Scale with { ReferenceMiB = options.Scale.SizesMiB.Max() } };
    }

    private BenchOptions? With(string name, string value) => name switch
    {
        "--section" when Numbers(value) is { } sections && sections.All(static section => section <= 4) => this with { Sections = sections.ToHashSet() },
        "--sizes" when Numbers(value) is { } sizes && sizes.All(static size => size >= 256) => this with { Scale = Scale with { SizesMiB = sizes } },
        "--host" when value.Split('x') is [var vms, var size] && Numbers($"{vms},{size}") is [var count, >= 256 and var each] =>
            this with { Scale = Scale with { HostVms = count, HostVmMiB = each } },
        "--out" when value.Length > 0 => this with { Output = Path.GetFullPath(value) },
        _ => null,
    };

    private static BenchScale? Scales(string name) =>
        new[] { BenchScale.Full, BenchScale.Quick }.FirstOrDefault(scale => string.Equals(scale.Name, name, StringComparison.Ordinal));

    private static IReadOnlyList<int>? Numbers(string text)
    {
        List<int> numbers = [];
        foreach (var word in text.Split(','))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return null;
            numbers.Add(number);
        }

        return numbers;
    }
}
