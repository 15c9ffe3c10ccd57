using System.Globalization;
using System.Text;
using System.Text.Json;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>
/// Asks a VM's QEMU guest agent. libvirt-dbus has no call for that, so virsh inside the host container carries the
/// question. What comes back is the guest's and believed in nothing but its two answers; an agent that is absent, refuses
/// or is silent has not told, which is never an error. Protocol: QEMU's "QEMU Guest Agent Protocol Reference".
/// </summary>
public sealed class GuestAgent(IContainerEngine engine, TimeProvider time)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Longer than a boot id with its line's end.</summary>
    private const int LongestBootId = 64;

    /// <summary>
    /// How long one question may take. The first that is not answered ends the asking. virsh itself would wait 5 s for
    /// an agent's first sign (libvirt's <c>VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT</c>), and ends then by itself.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Asks for boot id and clock; costs nothing where no agent is connected.</summary>
    /// <param name="container">The host container.</param>
    /// <param name="uuid">The VM, which must not be paused.</param>
    /// <param name="definition">Its live definition.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<GuestFacts> AskAsync(string container, Guid uuid, VmDefinition definition, CancellationToken cancellationToken)
    {
        if (!definition.AgentConnected)
            return GuestFacts.NoAgent;

        GuestClock? clock = null;
        try
        {
            clock = await AskClockAsync(container, uuid, cancellationToken);
            var bootId = await AskBootIdAsync(container, uuid, cancellationToken);
            return new GuestFacts(bootId, clock, bootId is null || clock is null ? "its agent does not tell everything" : null);
        }
        catch (HostSwapException exception)
        {
            return new GuestFacts(BootId: null, clock, $"its agent was asked in vain: {exception.Message}");
        }
    }

    private async Task<GuestClock?> AskClockAsync(string container, Guid uuid, CancellationToken cancellationToken)
    {
        var (asked, began) = (time.GetUtcNow(), time.GetTimestamp());
        using var reply = await CallAsync(container, uuid, new AgentCommand("guest-get-time"), cancellationToken);
        var half = time.GetElapsedTime(began) / 2;
        // Nanoseconds since 1970, UTC; what no DateTimeOffset holds is no time.
        return Number(reply) is { } told && DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch is var most && told >= 0 && told / 100 <= most.Ticks
            ? new GuestClock(DateTimeOffset.UnixEpoch.AddTicks(told / 100) - (asked + half), half)
            : null;
    }

    private async Task<Guid?> AskBootIdAsync(string container, Guid uuid, CancellationToken cancellationToken)
    {
        var open = new AgentCommand("guest-file-open", new AgentArguments { Path = BootIdFile, Mode = "r" });
        using var opened = await CallAsync(container, uuid, open, cancellationToken);
        if (Number(opened) is not { } handle)
            return null;

        var read = new AgentCommand("guest-file-read", new AgentArguments { Handle = handle, Count = LongestBootId });
        using var content = await CallAsync(container, uuid, read, cancellationToken);
        var close = new AgentCommand("guest-file-close", new AgentArguments { Handle = handle });
        using var closed = await CallAsync(container, uuid, close, cancellationToken);
        return BootId(content);
    }

    /// <summary>Asks one question; null where the agent, or libvirt for it, refused.</summary>
    private async Task<JsonDocument?> CallAsync(string container, Guid uuid, AgentCommand command, CancellationToken cancellationToken)
    {
        string[] virsh =
        [
            "virsh", "--quiet", "--connect", "qemu:///system", "qemu-agent-command",
            "--timeout", Patience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture),
            uuid.ToString(), JsonSerializer.Serialize(command, AgentJson.Default.AgentCommand),
        ];
        var outcome = await engine.ExecuteAsync(container, virsh, Patience, cancellationToken);
        if (outcome.ExitCode != 0)
            return null;

        try
        {
            return JsonDocument.Parse(outcome.Output);
        }
        catch (JsonException)
        {
            return null; // An agent that does not speak its protocol has told nothing.
        }
    }

    private static long? Number(JsonDocument? reply) =>
        Return(reply) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    private static Guid? BootId(JsonDocument? reply) =>
        Return(reply) is { ValueKind: JsonValueKind.Object } value
        && value.TryGetProperty("buf-b64", out var encoded)
        && encoded.ValueKind == JsonValueKind.String
        && encoded.TryGetBytesFromBase64(out var bytes)
        && Guid.TryParseExact(Encoding.ASCII.GetString(bytes).Trim(), "D", out var id)
            ? id
            : null;

    private static JsonElement? Return(JsonDocument? reply) =>
        reply is { RootElement: { ValueKind: JsonValueKind.Object } root } && root.TryGetProperty("return", out var value) ? value : null;
}
