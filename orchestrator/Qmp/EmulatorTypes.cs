using System.Text.Json;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Qmp;

/// <summary>
/// Asks a QEMU binary which devices it has (<c>qom-list-types</c>). It is started without a machine, as libvirt starts it for the
/// same purpose, as QEMU's own user, and ends at once.
/// </summary>
/// <param name="engine">Docker, which runs it.</param>
/// <param name="container">The host container.</param>
internal sealed class EmulatorTypes(IContainerEngine engine, string container)
{
    private const string ListTypes = "qom-list-types";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>One command a line (QEMU's "QMP protocol specification").</summary>
    private const string Commands =
        """
        {"execute":"qmp_capabilities"}
        {"execute":"qom-list-types","arguments":{"implements":"device","abstract":false},"id":"qom-list-types"}
        {"execute":"quit"}

        """;

    /// <summary>Reads its types.</summary>
    /// <param name="emulator">Path of the binary in the container, which libvirt has started for its capabilities before.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="AdapterException">It does not tell.</exception>
    public async Task<IReadOnlyList<string>> ReadAsync(string emulator, CancellationToken cancellationToken)
    {
        var outcome = await engine.ExecuteAsync(
            container,
            [
                "setpriv", "--reuid=libvirt-qemu", "--regid=libvirt-qemu", "--clear-groups", "--no-new-privs", "--",
                emulator, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine", "none", "-qmp", "stdio",
            ],
            Limit,
            cancellationToken,
            Commands);
        try
        {
            return Find(outcome.Output) ?? throw Failed(outcome.Error.Trim() is { Length: > 0 } said ? said : $"it ended with status {outcome.ExitCode} and told no types");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Failed($"what it says is not what QMP says: {exception.Message}", exception);
        }

        AdapterException Failed(string why, Exception? inner = null) => new($"{emulator} in {container}", ListTypes, why, inner);
    }

    private static List<string>? Find(string output)
    {
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            using var message = JsonDocument.Parse(line);
            if (message.RootElement.TryGetProperty("id", out var id) && id.ValueEquals(ListTypes))
                return [.. message.RootElement.GetProperty("return").EnumerateArray().Select(static type => type.GetProperty("name").GetString()!)];
        }

        return null;
    }
}
