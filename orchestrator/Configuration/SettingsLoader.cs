using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// Reads the configuration in three stages: the TOML document with the place of every key, raw values of the right
/// type, validated settings.
/// </summary>
public static class SettingsLoader
{
    /// <summary>Takes the place of <c>/</c>, and goes before the key <c>root</c>.</summary>
    public const string RootVariable = "HOSTSWAP_ROOT";

    /// <summary>The configuration file where no path is given.</summary>
    public const string FileVariable = "HOSTSWAP_CONFIG";

    /// <summary>Docker's endpoint where the file has no <c>docker.endpoint</c>.</summary>
    public const string DockerVariable = "DOCKER_HOST";

    /// <summary>Loads the configuration. Nothing is created and nothing but the file is looked at.</summary>
    /// <param name="path">
    /// The file, which must then exist; null for that of <c>HOSTSWAP_CONFIG</c>, which must then exist too; else
    /// <c>etc/hostswap/hostswap.toml</c> below the root where there is one; else defaults alone.
    /// </param>
    /// <param name="environment">The process's environment. Empty variables count as absent.</param>
    /// <exception cref="UsageException">
    /// Something is wrong; its message has one line for each problem,
    /// <c>file:line:column: key: what is wrong; what is allowed</c>.
    /// </exception>
    public static HostSwapSettings Load(string? path, IReadOnlyDictionary<string, string?> environment)
    {
        var problems = new ConfigurationProblems();
        var rootVariable = Variable(environment, RootVariable);
        if (rootVariable is not null && HostPath.Fault(rootVariable) is { } fault)
        {
            // Without the root it is not known which file is meant.
            problems.Add(RootVariable, fault);
            problems.ThrowIfAny();
        }

        var root = rootVariable is null ? null : HostPath.Canonical(rootVariable);
        var file = path ?? Variable(environment, FileVariable) ?? DefaultFile(root);
        var raw = file is null ? new RawSettings() : ReadRaw(file, problems);
        var settings = new SettingsValidator(file, raw, problems).Validate(root, Variable(environment, DockerVariable));
        problems.ThrowIfAny();
        return settings;
    }

    private static string? DefaultFile(string? root)
    {
        var file = new HostSwapPaths(root ?? SettingsDefaults.Root).ConfigurationFile;
        // A dangling link is a mistake to be told, so the entry itself is asked for, not what it leads to.
        return Path.Exists(file) || new FileInfo(file).LinkTarget is not null ? file : null;
    }

    private static RawSettings ReadRaw(string file, ConfigurationProblems problems)
    {
        if (ConfigurationFile.Read(file, problems) is not { } text)
        {
            problems.ThrowIfAny();
            return new RawSettings();
        }

        return RawSettings.From(file, ConfigurationDocument.Parse(file, text, problems), problems);
    }

    private static string? Variable(IReadOnlyDictionary<string, string?> environment, string name) =>
        environment.TryGetValue(name, out var value) && !string.IsNullOrEmpty(value) ? value : null;
}
