using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using HostSwap.Hostctl.Tracing;

namespace HostSwap.Hostctl.Json;

/// <summary>
/// hostctl's JSON. Every document has a <c>schema</c>, whose number rises when a member changes its meaning or goes;
/// new members may appear at any time. Sizes are bytes and times milliseconds, as their names say; moments are
/// ISO 8601; absent values are left out.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(VmListDocument))]
[JsonSerializable(typeof(PrepareDocument))]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(ShowDocument))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(AbortDocument))]
[JsonSerializable(typeof(HoldDocument))]
[JsonSerializable(typeof(FleetDocument))]
[JsonSerializable(typeof(NoticeListDocument))]
[JsonSerializable(typeof(NoticeAttemptsDocument))]
[JsonSerializable(typeof(ImageListDocument))]
[JsonSerializable(typeof(ImageDiffDocument))]
[JsonSerializable(typeof(ImageShowDocument))]
[JsonSerializable(typeof(RefreshDocument))]
[JsonSerializable(typeof(ChecksDocument))]
[JsonSerializable(typeof(VersionDocument))]
[JsonSerializable(typeof(EventsHeader))]
[JsonSerializable(typeof(EventLine))]
[JsonSerializable(typeof(TraceLine))]
internal sealed partial class HostctlJson : JsonSerializerContext
{
    /// <summary>Writes a document, indented, as the whole output of a verb.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="document">The document.</param>
    /// <param name="type">Chooses its type, as in <c>json => json.StatusDocument</c>.</param>
    public static void WriteDocument<T>(TextWriter writer, T document, Func<HostctlJson, JsonTypeInfo<T>> type) =>
        writer.WriteLine(JsonSerializer.Serialize(document, type(Indented.Context)));

    /// <summary>Writes one line of JSON Lines in one piece, and flushes it for whoever reads along.</summary>
    public static void WriteLine<T>(TextWriter writer, T line, Func<HostctlJson, JsonTypeInfo<T>> type)
    {
        writer.Write(JsonSerializer.Serialize(line, type(Default)) + "\n");
        writer.Flush();
    }

    // Apart from the generated half of this class, since the order of static initialisers across files is undefined.
    private static class Indented
    {
        internal static readonly HostctlJson Context =
            new(new JsonSerializerOptions(Default.Options) { WriteIndented = true });
    }
}
