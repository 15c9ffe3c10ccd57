using HostSwap.Orchestrator.Holding;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl hold --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/hold/1</c>.</param>
/// <param name="Hold">The hold.</param>
internal sealed record HoldDocument(string Schema, HoldDto Hold)
{
    /// <summary>Maps what was placed.</summary>
    public static HoldDocument From(Hold hold) => new("hostswap/hold/1", HoldDto.From(hold));
}

/// <summary>A hold.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Reason">Why: untrusted text.</param>
/// <param name="By">Who placed it: untrusted text.</param>
/// <param name="PlacedAt">When.</param>
/// <param name="Until">When it ends by itself; absent for when it is released.</param>
internal sealed record HoldDto(string Id, string Reason, string By, DateTimeOffset PlacedAt, DateTimeOffset? Until)
{
    /// <summary>Maps it.</summary>
    public static HoldDto From(Hold hold) => new(hold.Id, hold.Reason, hold.By, hold.PlacedAt, hold.Until);
}
