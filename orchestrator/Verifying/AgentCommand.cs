using System.Text.Json.Serialization;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>A command of the QEMU guest agent, in its own words.</summary>
internal sealed record AgentCommand(string Execute, AgentArguments? Arguments = null);

/// <summary>Its arguments; those that it does not take are left out.</summary>
internal sealed record AgentArguments
{
    public string? Path { get; init; }

    public string? Mode { get; init; }

    public long? Handle { get; init; }

    public int? Count { get; init; }
}

/// <summary>JSON of <see cref="AgentCommand"/>.</summary>
[JsonSerializable(typeof(AgentCommand))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class AgentJson : JsonSerializerContext;
