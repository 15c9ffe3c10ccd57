namespace HostSwap.Orchestrator.Configuration;

/// <summary>What becomes of a VM that runs and cannot, or must not, be moved while it does.</summary>
public enum NotLivePolicy
{
    /// <summary>The swap is refused, with every reason.</summary>
    Refuse,

    /// <summary>
    /// Its guest is shut down in order, and the VM is started again on the new side: it is off for as long as that takes. One
    /// that does not shut down in time runs on where it is.
    /// </summary>
    Restart,

    /// <summary>
    /// It is saved to a file, and restored from that on the new side: its guest stands still meanwhile, and goes on where it was.
    /// </summary>
    SaveRestore,

    /// <summary>
    /// Devices that cannot move are taken from its guest, which then moves as it runs, and are given back on the new side. One
    /// whose guest does not let go of them stays.
    /// </summary>
    DetachReattach,

    /// <summary>
    /// It stays where it is, and the others move: the swap does not end before it is shut off, or can move, and the operation is
    /// resumed.
    /// </summary>
    Leave,
}

/// <summary>The words for <see cref="NotLivePolicy"/> in the configuration and in a domain's metadata.</summary>
public static class NotLivePolicies
{
    private static readonly IReadOnlyDictionary<string, NotLivePolicy> Words = new Dictionary<string, NotLivePolicy>(StringComparer.Ordinal)
    {
        ["refuse"] = NotLivePolicy.Refuse,
        ["restart"] = NotLivePolicy.Restart,
        ["save-restore"] = NotLivePolicy.SaveRestore,
        ["detach-reattach"] = NotLivePolicy.DetachReattach,
        ["leave"] = NotLivePolicy.Leave,
    };

    /// <summary>What is allowed, for error messages.</summary>
    public const string Allowed = "\"refuse\", \"restart\", \"save-restore\", \"detach-reattach\" and \"leave\" are allowed";

    /// <summary>Reads a word.</summary>
    public static bool TryParse(string word, out NotLivePolicy policy) => Words.TryGetValue(word, out policy);

    /// <summary>The word for a policy.</summary>
    public static string Word(this NotLivePolicy policy) => Words.Single(pair => pair.Value == policy).Key;
}
