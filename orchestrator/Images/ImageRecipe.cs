using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Images;

/// <summary>The recipe of the configured image: <c>images/build</c> of the source tree, which packages of hostctl have too.</summary>
public sealed class ImageRecipe(HostSwapSettings settings, IProgramRunner programs)
{
    /// <summary>Label of an image: what its recipe, the operator's overlay and the machine's APT sources came to when it was built.</summary>
    public const string InputsLabel = "hostswap.image.inputs";

    private static readonly TimeSpan InputsLimit = TimeSpan.FromMinutes(1);

    private string Program => Path.Join(settings.Build.Recipe, "build");

    private string Target => $"host:{settings.Build.Suite}";

    /// <summary>What recipe, overlay and sources come to now.</summary>
    /// <exception cref="EnvironmentException">There is no recipe, or this machine's APT has no mirror for the suite.</exception>
    public async Task<string> InputsAsync(CancellationToken cancellationToken)
    {
        RequireRecipe();
        var outcome = await programs.RunAsync(new ProgramCall([Program, .. Options, "--inputs", Target], InputsLimit), cancellationToken);
        return outcome.ExitCode == 0 && outcome.LastLine is { Length: > 0 } inputs
            ? inputs
            : throw new EnvironmentException($"what the image would be made from cannot be told: {Why(outcome)}", $"Run '{Program} --inputs {Target}' to see it.");
    }

    /// <summary>Makes the image, with the newest packages: what Docker has kept of earlier builds may have older ones.</summary>
    /// <param name="say">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it; the image of that name is as it was.</param>
    /// <exception cref="EnvironmentException">It failed; the image of that name is as it was.</exception>
    public async Task BuildAsync(Action<string> say, CancellationToken cancellationToken)
    {
        RequireRecipe();
        var outcome = await programs.RunAsync(
            new ProgramCall(
                [Program, .. Options, "--name", settings.Image, "--out", settings.Paths.Build, "--keep-old", "--no-install", "--update", Target],
                settings.Build.Deadline)
            {
                Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["DOCKER_HOST"] = settings.Docker.Endpoint.ToString() },
                OnLine = say,
            },
            cancellationToken);
        if (outcome.ExitCode != 0)
            throw new EnvironmentException($"the image {settings.Image} could not be built: {Why(outcome)}", "Mend that, and run 'hostctl image build'. The image that there was is as it was.");
    }

    private string[] Options => ["--overlay", settings.Build.Overlay];

    private static string Why(ProgramOutcome outcome) =>
        string.Join("; ", outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3)) is { Length: > 0 } said
            ? said
            : $"it ended with {outcome.ExitCode}: {outcome.LastLine}";

    private void RequireRecipe()
    {
        if (!File.Exists(Program))
            throw new EnvironmentException($"there is no recipe of images at {settings.Build.Recipe}", "Install hostctl's package whole, or set recipe in [build] to the directory 'images' of the source tree.");
        TrustedFiles.Require(settings.Build.Overlay);
    }
}
