using System.Text.RegularExpressions;

namespace HostSwap.Orchestrator.Images;

/// <summary>A package of an image of which APT knows a newer version, or one that would come with those.</summary>
/// <param name="Name">The package.</param>
/// <param name="From">Its version in the image; null where it would be added.</param>
/// <param name="To">The newer one.</param>
/// <param name="Origin">Where that comes from, in APT's words, as in <c>Debian-Security:13/stable-security</c>.</param>
/// <param name="Security">Whether it is a security update.</param>
public sealed record PendingUpdate(string Name, string? From, string To, string Origin, bool Security);

/// <summary>
/// What <c>apt-get --simulate</c> says it would do (apt-get(8)): a line for each package, as in
/// <c>Inst libvirt0 [11.3.0-2] (11.3.0-3 Debian-Security:13/stable-security [amd64])</c>.
/// </summary>
public static partial class AptSimulation
{
    /// <summary>What would be installed.</summary>
    public static IReadOnlyList<PendingUpdate> Parse(string output) =>
    [
        .. output.Split('\n').Select(static line => Installed().Match(line)).Where(static match => match.Success).Select(static match => new PendingUpdate(
            match.Groups["name"].Value,
            match.Groups["from"] is { Success: true } from ? from.Value : null,
            match.Groups["to"].Value,
            match.Groups["origin"].Value,
            IsSecurity(match.Groups["origin"].Value))),
    ];

    /// <summary>
    /// Debian's label of its security archive is <c>Debian-Security</c>, and its suites end with <c>-security</c>; other
    /// distributions of packages follow the latter.
    /// </summary>
    private static bool IsSecurity(string origin) => origin.Split(", ")
        .Any(static source => source.StartsWith("Debian-Security:", StringComparison.OrdinalIgnoreCase) || source.EndsWith("-security", StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"^Inst (?<name>[a-z0-9][a-z0-9+.:-]+) (\[(?<from>[^\]]+)\] )?\((?<to>[^ )]+) ?(?<origin>[^\[\)]*?) ?(\[[^\]]*\])?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Installed();
}
