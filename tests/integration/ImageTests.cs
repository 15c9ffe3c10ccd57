using System.Text.Json;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The host images are what the plan and the generations take them for.</summary>
public sealed class ImageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, "bookworm", "9.0", "7.2")]
    [InlineData(Repository.Trixie, "trixie", "11.", "10.")]
    public async Task Labels_say_what_is_inside(string image, string suite, string libvirt, string qemu)
    {
        var labels = (await DockerCli.InspectAsync([image], Token))[0].GetProperty("Config").GetProperty("Labels");

        foreach (var name in new[] { "version", "revision", "created", "title" })
            labels.GetProperty($"org.opencontainers.image.{name}").GetString().ShouldNotBeNullOrWhiteSpace(name);
        DateTimeOffset.TryParse(labels.GetProperty("org.opencontainers.image.created").GetString(), System.Globalization.CultureInfo.InvariantCulture, out _).ShouldBeTrue();
        labels.GetProperty("hostswap.image.kind").GetString().ShouldBe("host");
        labels.GetProperty("hostswap.image.suite").GetString().ShouldBe(suite);
        labels.GetProperty("hostswap.version.libvirt").GetString()!.ShouldStartWith(libvirt);
        labels.GetProperty("hostswap.version.qemu").GetString()!.ShouldContain(qemu);
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task The_package_manifest_names_every_installed_package(string image)
    {
        var manifest = await RunAsync(image, "cat", "/usr/share/hostswap/packages.json");
        var installed = DockerCli.Lines(await RunAsync(image, "dpkg-query", "--show", "--showformat", "${binary:Package} ${Version}\n"));

        using var document = JsonDocument.Parse(manifest);
        var listed = Objects(document.RootElement)
            .Where(static item => item.TryGetProperty("name", out _) && item.TryGetProperty("version", out _))
            .Select(static item => $"{item.GetProperty("name").GetString()} {item.GetProperty("version").GetString()}")
            .ToHashSet(StringComparer.Ordinal);
        installed.Count.ShouldBeGreaterThan(100);
        // dpkg writes the architecture behind names of packages that may be installed for several.
        installed.Where(line => !listed.Contains(line) && !listed.Contains(line.Replace(":amd64 ", " ", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task A_whole_host_boots_without_a_failed_unit_and_without_privilege(string image)
    {
        await using var container = HostContainer.Of(image).Build();
        await container.StartAsync(Token);

        var state = await HostContainer.AwaitBootAsync(container, Token);
        var failed = await container.ExecAsync(["systemctl", "--failed", "--no-legend", "--plain"], Token);
        var version = await container.ExecAsync(["virsh", "--connect", "qemu:///system", "version"], Token);
        var machine = await container.ExecAsync(["cat", "/etc/machine-id"], Token);

        state.ShouldBe("running", failed.Stdout);
        failed.Stdout.ShouldBeEmpty();
        version.ExitCode.ShouldBe(0, version.Stderr);
        machine.Stdout.Trim().Length.ShouldBe(32);
        var inspected = (await DockerCli.InspectAsync([container.Id], Token))[0].GetProperty("HostConfig");
        inspected.GetProperty("Privileged").GetBoolean().ShouldBeFalse();
    }

    private static Task<string> RunAsync(string image, string program, params string[] arguments) =>
        DockerCli.RunAsync(["run", "--rm", "--network", "none", "--entrypoint", program, image, .. arguments], Token);

    private static IEnumerable<JsonElement> Objects(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Objects),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property => Objects(property.Value)).Prepend(element),
        _ => [],
    };
}
