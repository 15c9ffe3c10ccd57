using System.Text.Json;
using System.Text.Json.Serialization;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Which way VMs go between the two generations of an operation.</summary>
public enum SwapCourse
{
    /// <summary>From the active generation to the candidate, which then becomes the active one.</summary>
    Forward,

    /// <summary>From the candidate back to the active generation, which stays the active one.</summary>
    Back,
}

/// <summary>What the journal keeps of an operation that moves VMs, besides its steps and moves.</summary>
/// <param name="From">The generation that was active when it began; of a resumption, when what it continues did.</param>
/// <param name="Candidate">The generation that it goes to, or, on the course back, comes from.</param>
/// <param name="Image">Reference of the candidate's image.</param>
/// <param name="ImageId">Digest of the candidate's image.</param>
/// <param name="Course">Which way VMs go; whoever continues it goes the same way unless told otherwise.</param>
public sealed record SwapDetail(int From, int Candidate, string Image, string ImageId, SwapCourse Course = SwapCourse.Forward)
{
    /// <summary>
    /// This operation's way to the newer of its two generations (<see cref="SwapCourse.Forward"/>) or to the older one: a
    /// rollback's candidate is the older, so that whoever asks twice for the old side means the same both times.
    /// </summary>
    public SwapCourse CourseTo(SwapCourse wanted) =>
        Candidate > From ? wanted : wanted == SwapCourse.Forward ? SwapCourse.Back : SwapCourse.Forward;

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SwapDetailJson.Default.SwapDetail);

    /// <summary>From the journal's text.</summary>
    public static SwapDetail Parse(string json) =>
        JsonSerializer.Deserialize(json, SwapDetailJson.Default.SwapDetail) ?? throw new JsonException("the detail of a swap is empty");
}

/// <summary>JSON of <see cref="SwapDetail"/>.</summary>
[JsonSerializable(typeof(SwapDetail))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class SwapDetailJson : JsonSerializerContext;
