namespace HostSwap.Lab;

/// <summary>
/// Lets QEMUs that are not root handle the page faults of post-copy, for as long as this lives. It is a setting of the
/// whole machine, and what it was is put back.
/// </summary>
public sealed class UserFaults : IDisposable
{
    private const string Setting = "/proc/sys/vm/unprivileged_userfaultfd";

    private readonly string _before;

    private UserFaults(string before) => _before = before;

    /// <summary>Allows them.</summary>
    public static UserFaults Allow() => Set("1");

    /// <summary>Forbids them.</summary>
    public static UserFaults Forbid() => Set("0");

    /// <inheritdoc/>
    public void Dispose() => File.WriteAllText(Setting, _before);

    private static UserFaults Set(string value)
    {
        var before = File.ReadAllText(Setting).Trim();
        File.WriteAllText(Setting, value);
        return new UserFaults(before);
    }
}
