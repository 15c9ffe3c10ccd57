using System.Text.Json;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab;

/// <summary>
/// Docker by its own command line client: another way in than the product's adapter, so that a defect of that one
/// cannot hide from the tests. The engine is the one that <c>DOCKER_HOST</c> names.
/// </summary>
public static class DockerCli
{
    /// <summary>Runs a Docker command, whatever its exit code.</summary>
    public static Task<CommandResult> TryAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken, TimeSpan? limit = null, string? input = null) =>
        Command.RunAsync("docker", arguments, cancellationToken, limit, input);

    /// <summary>Runs a Docker command that must succeed, and returns what it printed.</summary>
    public static async Task<string> RunAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken, TimeSpan? limit = null, string? input = null) =>
        (await TryAsync(arguments, cancellationToken, limit, input)).Succeeded().Output.Trim();

    /// <summary>Fails with the reason where no engine answers.</summary>
    public static async Task RequireEngineAsync(CancellationToken cancellationToken)
    {
        var version = await TryAsync(["version", "--format", "{{.Server.Version}}"], cancellationToken);
        if (version.ExitCode != 0)
            throw new LabException($"no Docker engine answers; run this by tests/lab/with-docker. {version.Describe()}");
    }

    /// <summary>Runs a command in a container, whatever its exit code.</summary>
    public static Task<CommandResult> ExecAsync(
        string container,
        IReadOnlyList<string> command,
        CancellationToken cancellationToken,
        TimeSpan? limit = null,
        string? input = null)
    {
        string[] docker = input is null ? ["exec", container] : ["exec", "--interactive", container];
        return TryAsync([.. docker, .. command], cancellationToken, limit, input);
    }

    /// <summary>Ids of the containers with a label, running or not.</summary>
    public static async Task<IReadOnlyList<string>> ContainersAsync(string label, CancellationToken cancellationToken) =>
        Lines(await RunAsync(["ps", "--all", "--quiet", "--no-trunc", "--filter", $"label={label}"], cancellationToken));

    /// <summary>What <c>docker inspect</c> says of containers, images or networks.</summary>
    public static async Task<IReadOnlyList<JsonElement>> InspectAsync(
        IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0) return [];
        using var document = JsonDocument.Parse(await RunAsync(["inspect", .. names], cancellationToken));
        return [.. document.RootElement.EnumerateArray().Select(static item => item.Clone())];
    }

    /// <summary>The id in what <c>docker inspect</c> says.</summary>
    public static string IdOf(JsonElement inspected) => inspected.GetProperty("Id").GetString()!;

    /// <summary>Whether there is such an image.</summary>
    public static async Task<bool> HasImageAsync(string image, CancellationToken cancellationToken) =>
        (await TryAsync(["image", "inspect", "--format", "{{.Id}}", image], cancellationToken)).ExitCode == 0;

    /// <summary>Splits output into its lines.</summary>
    public static IReadOnlyList<string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
