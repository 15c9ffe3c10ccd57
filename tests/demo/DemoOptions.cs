using HostSwap.Lab;

namespace HostSwap.Demo;

/// <summary>What the demo was asked for.</summary>
/// <param name="Keep">Whether the outer host stays for a look around.</param>
/// <param name="Output">Directory of the report.</param>
internal sealed record DemoOptions(bool Keep, string Output)
{
    /// <summary>Reads the command line and <c>KEEP</c>; null where it is wrong.</summary>
    public static DemoOptions? TryParse(IReadOnlyList<string> arguments)
    {
        var keep = Environment.GetEnvironmentVariable("KEEP") is { Length: > 0 } value && value is not "0";
        var output = Path.Join(Repository.Output, "demo");
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count || arguments[i + 1].Length == 0) return null;
            switch (arguments[i])
            {
                case "--hostctl":
                    Repository.Hostctl = Path.GetFullPath(arguments[i + 1]);
                    break;
                case "--out":
                    output = Path.GetFullPath(arguments[i + 1]);
                    break;
                default:
                    return null;
            }
        }

        return new DemoOptions(keep, output);
    }
}
