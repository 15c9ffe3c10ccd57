using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Images;

/// <summary>What needs an image keeps it; what nothing needs can go.</summary>
public sealed class HostImagesTests : IDisposable
{
    private const string Old = "sha256:aaaa000000000000";
    private const string New = "sha256:aaaa111111111111";
    private const string Spare = "sha256:bbbb000000000000";

    private readonly SwapWorld _world = new();
    private readonly FakeImageStore _store;

    public HostImagesTests()
    {
        _store = new FakeImageStore(_world.Engine);
        foreach (var image in new[] { Image(Old, 1, "hostswap/host:old"), Image(New, 2, "hostswap/host:new"), Image(Spare, 3) })
            _store.Add(image);
        _store.Texts[Old] = """[{ "name": "nano", "version": "7" }, { "name": "libvirt0", "version": "9", "source": "libvirt" }]""";
        _store.Texts[New] = """[{ "name": "nano", "version": "8" }, { "name": "libvirt0", "version": "11", "source": "libvirt" }]""";
        _world.Journal.RecordGenerations([new GenerationRecord(1, nameof(GenerationRole.Active), "hostswap/host:old", Old, Guid.NewGuid(), DateTimeOffset.UnixEpoch, RetiredAt: null)]);
        _world.Engine.Images[_world.Settings.Image] = new ImageDescription(New, new Dictionary<string, string>());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HostImages Images => new(new OuterHostParts(_world.Settings, _world.Engine, _world.Kernel, new NoConnector(), _world.Journal, TimeProvider.System), _store);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Each_is_listed_with_what_needs_it_the_newest_first()
    {
        Unfinish(Spare);
        var listed = await Images.ListAsync(Token);

        listed.Select(static image => (image.Image.Id, string.Join("; ", image.NeededBy))).ShouldBe(
            [(Spare, $"operation {_world.Operation}, which is unfinished"), (New, "the configuration"), (Old, "gen-1 (active)")]);
    }

    [Fact]
    public async Task By_default_that_which_is_active_and_that_which_is_configured_are_compared()
    {
        _world.Engine.Images["hostswap/host:new"] = new ImageDescription(New, new Dictionary<string, string>());
        var comparison = await Images.CompareAsync(from: null, "hostswap/host:new", Token);

        (comparison.From.Id, comparison.To.Id).ShouldBe((Old, New));
        comparison.Packages.Select(static package => (package.Name, package.From, package.To, package.Sensitive)).ShouldBe([("libvirt0", "9", "11", true), ("nano", "7", "8", false)]);
        (await Images.CompareAsync("aaaa1111", New, Token)).Packages.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_says_nothing_of_its_packages_is_told()
    {
        var exception = await Should.ThrowAsync<EnvironmentException>(() => Images.CompareAsync(Old, Spare, Token));
        exception.Message.ShouldContain("has no list of them");
    }

    [Theory]
    [InlineData("aaaa", "there is no host image aaaa")]
    [InlineData("aaaa00", null)]
    [InlineData("sha256:aaaa11", null)]
    [InlineData("debian:12", "there is no host image debian:12")]
    public async Task They_are_named_by_reference_or_by_enough_of_a_digest(string reference, string? problem)
    {
        if (problem is null)
            (await Images.CompareAsync(reference, Old, Token)).ShouldNotBeNull();
        else
            (await Should.ThrowAsync<UsageException>(() => Images.CompareAsync(reference, Old, Token))).Message.ShouldStartWith(problem);
    }

    [Fact]
    public async Task What_is_needed_is_not_removed_and_what_is_not_is_gone()
    {
        (await Should.ThrowAsync<ImageNeededException>(() => Images.RemoveAsync("hostswap/host:old", Token))).Message.ShouldContain("gen-1 (active)");
        (await Should.ThrowAsync<ImageNeededException>(() => Images.RemoveAsync(New, Token))).Message.ShouldContain("the configuration");
        _store.Images.Count.ShouldBe(3);

        (await Images.RemoveAsync("bbbb00", Token)).Id.ShouldBe(Spare);
        _store.Images.ShouldNotContain(static image => image.Id == Spare);
    }

    [Fact]
    public async Task A_pin_keeps_an_image_until_it_is_taken_away()
    {
        await Images.PinAsync("bbbb00", pin: true, Token);
        (await Should.ThrowAsync<ImageNeededException>(() => Images.RemoveAsync("bbbb00", Token))).Message.ShouldContain("a pin");
        // It would be gone with its only name.
        await Should.ThrowAsync<UsageException>(() => Images.PinAsync("bbbb00", pin: false, Token));

        await Images.PinAsync("hostswap/host:old", pin: true, Token);
        await Images.PinAsync("hostswap/host:old", pin: false, Token);
        (await Images.ListAsync(Token)).Single(static image => image.Image.Id == Old).NeededBy.ShouldBe(["gen-1 (active)"]);
    }

    [Fact]
    public async Task Of_images_that_were_made_here_the_newest_are_kept_and_what_is_needed()
    {
        for (var day = 10; day < 16; day++)
            _store.Add(Image($"sha256:cccc{day}0000000000", day, ImageBuilder.DatedName(_world.Settings.Image, DateTimeOffset.UnixEpoch.AddDays(day))));
        await Images.PinAsync("sha256:cccc10", pin: true, Token);
        Unfinish("sha256:cccc110000000000");

        // Three are kept (build.keep), one is pinned, one is an unfinished operation's; other people's images are not looked at.
        (await Images.PruneAsync(Token)).Select(static image => image.Id).ShouldBe(["sha256:cccc120000000000"]);
        _store.Images.Select(static image => image.Id).ShouldContain(Spare);
        (await Images.PruneAsync(Token)).ShouldBeEmpty();
    }

    private void Unfinish(string image) => _world.Journal.RecordDetail(_world.Operation, new Orchestrator.Swapping.SwapDetail(1, 2, "image", image).ToJson());

    private static StoredImage Image(string id, int day, params IReadOnlyList<string> names) => new(
        id, names, DateTimeOffset.UnixEpoch.AddDays(day), 1 << 20, new Dictionary<string, string>(StringComparer.Ordinal) { [HostImageContract.KindLabel] = HostImageContract.Kind });

    /// <summary>Nobody is connected to.</summary>
    private sealed class NoConnector : IGenerationConnector
    {
        public Orchestrator.Libvirt.ILibvirtHost ConnectLibvirt(Generation generation) => throw new NotSupportedException();

        public Orchestrator.Systemd.ISystemdHost ConnectSystemd(Generation generation) => throw new NotSupportedException();
    }
}
