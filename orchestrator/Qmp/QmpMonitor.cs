using System.Text.Json.Nodes;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Qmp;

/// <summary>A negotiated monitor.</summary>
internal sealed class QmpMonitor(QmpChannel channel, string system) : IQmpMonitor
{
    private const string IgnoreShared = "x-ignore-shared";

    /// <inheritdoc/>
    public async Task<bool> IgnoresSharedRamAsync(CancellationToken cancellationToken)
    {
        var answer = await channel.ExecuteAsync("query-migrate-capabilities", arguments: null, cancellationToken);
        return answer is JsonArray all
            && all.FirstOrDefault(static one => one?["capability"]?.GetValue<string>() is IgnoreShared) is { } found
            && found["state"] is { } state
                ? state.GetValue<bool>()
                : throw new AdapterException(system, "query-migrate-capabilities", $"this QEMU knows no {IgnoreShared}");
    }

    /// <inheritdoc/>
    public Task IgnoreSharedRamAsync(bool ignore, CancellationToken cancellationToken) => channel.ExecuteAsync(
        "migrate-set-capabilities",
        new JsonObject { ["capabilities"] = new JsonArray(new JsonObject { ["capability"] = IgnoreShared, ["state"] = ignore }) },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<string> GetRunStateAsync(CancellationToken cancellationToken) =>
        (await channel.ExecuteAsync("query-status", arguments: null, cancellationToken))["status"]?.GetValue<string>()
        ?? throw new AdapterException(system, "query-status", "it names no status");

    /// <inheritdoc/>
    public async Task<string?> GetMigrationStatusAsync(CancellationToken cancellationToken) =>
        (await channel.ExecuteAsync("query-migrate", arguments: null, cancellationToken))["status"]?.GetValue<string>();

    /// <inheritdoc/>
    public Task WaitForExecutionAsync(CancellationToken cancellationToken) => channel.WaitForEventAsync("RESUME", cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => channel.DisposeAsync();
}
