using Etcdserverpb;
using Google.Protobuf;
using Grpc.Net.Client;
using HostSwap.IntegrationTests.Support;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A real etcd that wants certificates and a password.</summary>
public sealed class FleetAccessTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private readonly string _password = Path.GetTempFileName();
    private EtcdServer _etcd = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FleetSettings Settings => new()
    {
        Service = FleetService.Etcd,
        Endpoints = [_etcd.Endpoint],
        Member = "a",
        TimeToLive = TimeSpan.FromSeconds(3),
        Deadline = TimeSpan.FromSeconds(5),
        AuthorityFile = _certificates.AuthorityFile,
        CertificateFile = _certificates.CertificateOf("client"),
        KeyFile = _certificates.KeyOf("client"),
        User = "hostswap",
        PasswordFile = _password,
    };

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_password, "s3cret\n", Token);
        File.SetUnixFileMode(_password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // Tokens that end soon are among what a holder has to live with.
        _etcd = await EtcdServer.StartAsync(
            Token,
            "--cert-file", _certificates.CertificateOf("server"), "--key-file", _certificates.KeyOf("server"),
            "--client-cert-auth", "--trusted-ca-file", _certificates.AuthorityFile, "--auth-token-ttl", "2");
        await DemandPasswordsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _etcd.DisposeAsync();
        _certificates.Dispose();
        File.Delete(_password);
    }

    [Fact]
    public async Task With_its_certificate_and_password_a_member_takes_and_keeps_a_slot()
    {
        await using (var slot = await Open(Settings).AcquireAsync(Token))
        {
            await Task.Delay(TimeSpan.FromSeconds(7), Token);
            slot.Lost.IsCancellationRequested.ShouldBeFalse();
            await Should.ThrowAsync<FleetBusyException>(() => Open(Settings with { Member = "b" }).AcquireAsync(Token));
        }

        (await Open(Settings).GetStatusAsync(Token)).Holders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_them_it_is_told_what_is_wrong()
    {
        (await RefusedAsync(Settings with { User = null, PasswordFile = null })).ShouldContain("refuses range: etcdserver: ");
        (await RefusedAsync(Settings with { User = "nobody" })).ShouldContain("authentication failed");
        (await RefusedAsync(Settings with { Group = "other" })).ShouldContain("permission denied");
        (await RefusedAsync(Settings with { AuthorityFile = null })).ShouldContain("etcd cannot be asked (range)");
        (await RefusedAsync(Settings with { CertificateFile = null, KeyFile = null })).ShouldContain("etcd cannot be asked (range)");
        (await RefusedAsync(Settings with { CertificateFile = _certificates.CertificateOf("server") })).ShouldContain("cannot be used: ");
        File.SetUnixFileMode(_password, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        (await RefusedAsync(Settings)).ShouldContain("can be read or written by others");
    }

    private static async Task<string> RefusedAsync(FleetSettings settings) =>
        (await Should.ThrowAsync<EnvironmentException>(() => Open(settings).AcquireAsync(Token))).Message;

    private static IFleetLock Open(FleetSettings settings) =>
        FleetLocks.Open(SettingsLoader.Load(path: null, new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingsLoader.RootVariable] = "/nonexistent" }) with { Fleet = settings }, TimeProvider.System);

    private async Task DemandPasswordsAsync()
    {
        using var channel = GrpcChannel.ForAddress(_etcd.Endpoint, new GrpcChannelOptions { HttpHandler = FleetTls.MakeHandler(Settings), DisposeHttpClient = true });
        var auth = new Auth.AuthClient(channel);
        await auth.RoleAddAsync(new AuthRoleAddRequest { Name = "root" }, cancellationToken: Token);
        await auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = "root" }, cancellationToken: Token);
        await auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, cancellationToken: Token);
        await auth.RoleAddAsync(new AuthRoleAddRequest { Name = "fleet" }, cancellationToken: Token);
        await auth.RoleGrantPermissionAsync(
            new AuthRoleGrantPermissionRequest
            {
                Name = "fleet",
                Perm = new Authpb.Permission
                {
                    PermType = Authpb.Permission.Types.Type.Readwrite,
                    Key = ByteString.CopyFromUtf8("/hostswap/fleet/1/default/"),
                    RangeEnd = ByteString.CopyFromUtf8("/hostswap/fleet/1/default0"),
                },
            },
            cancellationToken: Token);
        await auth.UserAddAsync(new AuthUserAddRequest { Name = "hostswap", Password = "s3cret" }, cancellationToken: Token);
        await auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "hostswap", Role = "fleet" }, cancellationToken: Token);
        await auth.AuthEnableAsync(new AuthEnableRequest(), cancellationToken: Token);
    }
}
