using System.Text.Json;
using System.Text.Json.Serialization;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What the journal keeps of a swap besides its steps and moves.</summary>
/// <param name="From">The generation that it started from.</param>
/// <param name="Candidate">The generation that it goes to.</param>
/// <param name="Image">Reference of the new image.</param>
/// <param name="ImageId">Digest of the new image.</param>
public sealed record SwapDetail(int From, int Candidate, string Image, string ImageId)
{
    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SwapDetailJson.Default.SwapDetail);

    /// <summary>From the journal's text.</summary>
    public static SwapDetail Parse(string json) =>
        JsonSerializer.Deserialize(json, SwapDetailJson.Default.SwapDetail) ?? throw new JsonException("the detail of a swap is empty");
}

/// <summary>JSON of <see cref="SwapDetail"/>.</summary>
[JsonSerializable(typeof(SwapDetail))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class SwapDetailJson : JsonSerializerContext;
