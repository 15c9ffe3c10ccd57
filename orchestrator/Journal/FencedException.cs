namespace HostSwap.Orchestrator.Journal;

/// <summary>
/// Another hostctl has taken the outer host over from this one, which must stop: nothing was written, and nothing may be
/// done any more.
/// </summary>
/// <param name="file">The journal's file.</param>
/// <param name="holder">Who has taken it over, as it said itself.</param>
/// <param name="inner">The refusal before this one.</param>
public sealed class FencedException(string file, string holder, Exception? inner = null)
    : JournalException(
        file,
        $"another hostctl has taken this outer host over: {holder}; this one stops",
        "Leave it to the other one; 'hostctl status' shows what it does.",
        inner)
{
    /// <summary>Who has taken it over.</summary>
    public string Holder { get; } = holder;
}
