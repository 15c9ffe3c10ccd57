using System.Text.RegularExpressions;
using HostSwap.Orchestrator.Configuration;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

/// <summary>Holds <c>hostctl/packaging/hostswap.toml</c> to the code.</summary>
public sealed partial class ExampleFileTests : ConfigurationFixture
{
    [Fact]
    public void As_shipped_it_sets_nothing() =>
        Load(Example()).ShouldBeEquivalentTo(Load(""));

    [Fact]
    public void Its_values_are_the_defaults() =>
        Load(Uncommented()).ShouldBeEquivalentTo(Load(""));

    [Fact]
    public void Every_key_is_in_it_once()
    {
        var table = "";
        var keys = new List<string>();
        foreach (var line in Uncommented().Split('\n'))
        {
            if (Header().Match(line) is { Success: true } header)
                table = header.Groups["name"].Value + ".";
            else if (KeyValue().Match(line) is { Success: true } pair)
                keys.Add(table + pair.Groups["key"].Value);
        }

        keys.Order(StringComparer.Ordinal).ShouldBe(KnownKeys.Kinds.Keys.Order(StringComparer.Ordinal));
    }

    private static string Example()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(directory.FullName, "HostSwap.slnx")))
            directory = directory.Parent.ShouldNotBeNull("the tests run outside the source tree");
        return File.ReadAllText(Path.Join(directory.FullName, "hostctl/packaging/hostswap.toml"));
    }

    private static string Uncommented() => CommentedKey().Replace(Example(), "");

    [GeneratedRegex("^#(?=[a-z])", RegexOptions.Multiline, 1000)]
    private static partial Regex CommentedKey();

    [GeneratedRegex(@"^\[(?<name>[a-z]+)\]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Header();

    [GeneratedRegex("^(?<key>[a-z0-9_]+) = ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyValue();
}
