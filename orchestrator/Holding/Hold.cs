namespace HostSwap.Orchestrator.Holding;

/// <summary>Somebody's word that no swap is to begin for a while.</summary>
/// <param name="Id">Its name: eight hexadecimal digits.</param>
/// <param name="Reason">Why, in words: untrusted text.</param>
/// <param name="By">Who placed it: untrusted text.</param>
/// <param name="PlacedAt">When.</param>
/// <param name="Until">When it ends by itself; null for when it is released.</param>
public sealed record Hold(string Id, string Reason, string By, DateTimeOffset PlacedAt, DateTimeOffset? Until)
{
    /// <summary>Whether it has ended by itself.</summary>
    public bool HasEnded(DateTimeOffset now) => Until <= now;
}
