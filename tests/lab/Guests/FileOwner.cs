using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Guests;

/// <summary>Who owns a file and who may use it, by number: names differ between hosts.</summary>
/// <param name="User">User id.</param>
/// <param name="Group">Group id.</param>
/// <param name="Mode">Permissions in octal.</param>
public sealed record FileOwner(string User, string Group, string Mode)
{
    /// <summary>Asks the outer host.</summary>
    public static async Task<FileOwner> OfAsync(string path, CancellationToken cancellationToken)
    {
        var text = (await Command.RunAsync("stat", ["--format=%u %g %a", "--", path], cancellationToken)).Succeeded().Output;
        var fields = text.Trim().Split(' ');
        return new FileOwner(fields[0], fields[1], fields[2]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{User}:{Group} {Mode}";
}
