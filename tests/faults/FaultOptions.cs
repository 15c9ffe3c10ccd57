using System.Globalization;
using HostSwap.Lab;

namespace HostSwap.Faults;

/// <summary>What was asked for.</summary>
/// <param name="Quick">Whether only a sample of each case is run, as <c>make test</c> does.</param>
/// <param name="Cases">Numbers of the cases; empty for all.</param>
/// <param name="Name">Text that is in the names of the cases; empty for all.</param>
/// <param name="KillPoints">At which journal writes hostctl is killed; empty for all.</param>
/// <param name="Output">Directory of the report.</param>
internal sealed record FaultOptions(bool Quick, IReadOnlySet<int> Cases, string Name, IReadOnlyList<int> KillPoints, string Output)
{
    /// <summary>Reads the command line; null where it is wrong.</summary>
    public static FaultOptions? TryParse(IReadOnlyList<string> arguments)
    {
        // The release has no fault points. Whoever names another program means it.
        if (Environment.GetEnvironmentVariable("HOSTSWAP_HOSTCTL") is not { Length: > 0 })
            Repository.Hostctl = Path.Join(Repository.Output, "build", "bin", "HostSwap.Hostctl", "debug", "hostctl");
        var options = new FaultOptions(Quick: false, new HashSet<int>(), "", [], Path.Join(Repository.Output, "faults"));
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "--quick")
            {
                options = options with { Quick = true };
                continue;
            }

            if (i + 1 == arguments.Count || options.With(arguments[i], arguments[i + 1]) is not { } next) return null;
            options = next;
            i++;
        }

        return options;
    }

    private FaultOptions? With(string name, string value) => name switch
    {
        "--case" when Numbers(value) is { } numbers => this with { Cases = numbers.ToHashSet() },
        "--name" when value.Length > 0 => this with { Name = value },
        "--kill-points" when Numbers(value) is { } numbers => this with { KillPoints = numbers },
        "--out" when value.Length > 0 => this with { Output = Path.GetFullPath(value) },
        _ => null,
    };

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
