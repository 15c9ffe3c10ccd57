using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Journal;

/// <summary>
/// The journal cannot be read or written. Where a write was meant, nothing may be done that it should have recorded.
/// </summary>
/// <param name="file">The journal's file.</param>
/// <param name="message">What happened to it.</param>
/// <param name="remedy">What the operator can do.</param>
/// <param name="inner">The exception that told us.</param>
public class JournalException(string file, string message, string remedy, Exception? inner = null)
    : HostSwapException($"journal {file}: {message}", remedy, inner)
{
    /// <summary>The journal's file.</summary>
    public string File { get; } = file;
}
