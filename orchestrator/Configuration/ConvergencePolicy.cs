namespace HostSwap.Orchestrator.Configuration;

/// <summary>What becomes of a copy whose guest dirties memory faster than it is sent, once all else has been tried.</summary>
public enum ConvergencePolicy
{
    /// <summary>It is aborted at its deadline; the VM runs on where it is.</summary>
    Stay,

    /// <summary>The guest is suspended, so that the copy finishes, and runs again on arrival: a long downtime, and no risk.</summary>
    Pause,

    /// <summary>
    /// The guest goes on on the new side at once and fetches what is missing as it touches it. It cannot be aborted any
    /// more, and stands still should either side die before all has come.
    /// </summary>
    PostCopy,
}

/// <summary>The words for <see cref="ConvergencePolicy"/> in the configuration and in a domain's metadata.</summary>
public static class ConvergencePolicies
{
    private static readonly IReadOnlyDictionary<string, ConvergencePolicy> Words = new Dictionary<string, ConvergencePolicy>(StringComparer.Ordinal)
    {
        ["stay"] = ConvergencePolicy.Stay,
        ["pause"] = ConvergencePolicy.Pause,
        ["postcopy"] = ConvergencePolicy.PostCopy,
    };

    /// <summary>What is allowed, for error messages.</summary>
    public const string Allowed = "\"stay\", \"pause\" and \"postcopy\" are allowed";

    /// <summary>Reads a word.</summary>
    public static bool TryParse(string word, out ConvergencePolicy policy) => Words.TryGetValue(word, out policy);

    /// <summary>The word for a policy.</summary>
    public static string Word(this ConvergencePolicy policy) => Words.Single(pair => pair.Value == policy).Key;
}
