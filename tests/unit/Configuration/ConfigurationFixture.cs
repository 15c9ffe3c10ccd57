using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using Shouldly;

namespace HostSwap.UnitTests.Configuration;

/// <summary>A directory of its own for each test, with a configuration file in it.</summary>
public abstract class ConfigurationFixture : IDisposable
{
    private static readonly Dictionary<string, string?> NoVariables = new(StringComparer.Ordinal);

    protected string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("hostswap-config-").FullName;

    protected string FilePath => Path.Join(Directory, "hostswap.toml");

    public void Dispose()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string Write(string text)
    {
        File.WriteAllText(FilePath, text);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return FilePath;
    }

    protected HostSwapSettings Load(string text, params (string Name, string? Value)[] variables) =>
        SettingsLoader.Load(Write(text), Environment(variables));

    /// <summary>The problems of a file, each without the file's own path at its front.</summary>
    protected IReadOnlyList<string> Problems(string text, params (string Name, string? Value)[] variables) =>
        [.. Should.Throw<UsageException>(() => Load(text, variables)).Message
            .Split('\n')
            .Select(line => line.Replace(FilePath + ":", "", StringComparison.Ordinal))];

    protected string Problem(string text, params (string Name, string? Value)[] variables) =>
        Problems(text, variables).ShouldHaveSingleItem();

    protected static IReadOnlyDictionary<string, string?> Environment(params (string Name, string? Value)[] variables) =>
        variables.Length == 0 ? NoVariables : variables.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
}
