using HostSwap.Lab;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The completions that are installed, asked of the real shells with the real hostctl.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly DirectoryInfo _path = Directory.CreateTempSubdirectory("hostswap-completion-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _path.Delete(recursive: true);

    [Theory]
    [InlineData("bash")]
    [InlineData("fish")]
    [InlineData("zsh")]
    public async Task A_shell_completes_verbs_options_and_values(string shell)
    {
        (await CompleteAsync(shell, "hostctl sw")).ShouldBe(["swap"]);
        (await CompleteAsync(shell, "hostctl vm pre")).ShouldBe(["prepare"]);
        (await CompleteAsync(shell, "hostctl resume --forw")).ShouldBe(["--forward"]);
        (await CompleteAsync(shell, "hostctl swap --yes --on-failure ")).ShouldBe(["continue", "rollback", "stop"]);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("fish")]
    [InlineData("zsh")]
    public async Task A_shell_offers_every_verb_and_no_option_of_another_system(string shell)
    {
        var offered = await CompleteAsync(shell, "hostctl ");

        new[] { "abort", "doctor", "plan", "resume", "status", "swap", "vm", "--help" }.ShouldBeSubsetOf(offered);
        offered.ShouldAllBe(static word => !word.StartsWith('/'));
    }

    private async Task<IReadOnlyList<string>> CompleteAsync(string shell, string line)
    {
        var program = Path.Join(_path.FullName, "hostctl");
        if (!File.Exists(program)) File.CreateSymbolicLink(program, Repository.Hostctl);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_path.FullName}:{Environment.GetEnvironmentVariable("PATH")}",
            // Shells keep their history and settings below it.
            ["HOME"] = _path.FullName,
        };
        var script = Path.Join(Repository.Root, "tests/lab/Completing", $"complete.{shell}");
        var completion = Path.Join(Repository.Root, "hostctl/packaging", $"hostctl.{shell}");
        var result = await Command.RunAsync(shell, [script, completion, line], Token, environment: environment);
        return [.. DockerCli.Lines(result.Succeeded().Output).Order(StringComparer.Ordinal)];
    }
}
