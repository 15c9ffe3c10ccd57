using HostSwap.Orchestrator.Configuration;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

/// <summary>The table <c>[fleet]</c>.</summary>
public sealed class FleetSettingsTests : ConfigurationFixture
{
    [Fact]
    public void A_fleet_has_its_service_and_how_it_is_reached()
    {
        var fleet = Load("""
            [fleet]
            service = "etcd"
            endpoints = ["https://etcd1:2379", "https://etcd2:2379"]
            group = "rack-1"
            limit = 2
            member = "server1"
            ttl = "30s"
            wait = "1h"
            deadline = "5s"
            ca_file = "/etc/hostswap/ca.pem"
            cert_file = "/etc/hostswap/cert.pem"
            key_file = "/etc/hostswap/key.pem"
            user = "hostswap"
            password_file = "/etc/hostswap/etcd.password"
            """).Fleet;

        fleet.Endpoints.ShouldBe([new Uri("https://etcd1:2379"), new Uri("https://etcd2:2379")]);
        (fleet with { Endpoints = [] }).ShouldBe(new FleetSettings
        {
            Service = FleetService.Etcd,
            Endpoints = (fleet with { Endpoints = [] }).Endpoints,
            Group = "rack-1",
            Limit = 2,
            Member = "server1",
            TimeToLive = TimeSpan.FromSeconds(30),
            Wait = TimeSpan.FromHours(1),
            Deadline = TimeSpan.FromSeconds(5),
            AuthorityFile = "/etc/hostswap/ca.pem",
            CertificateFile = "/etc/hostswap/cert.pem",
            KeyFile = "/etc/hostswap/key.pem",
            User = "hostswap",
            PasswordFile = "/etc/hostswap/etcd.password",
        });
        Load("").Fleet.Service.ShouldBe(FleetService.None);
    }

    [Theory]
    [InlineData("service = \"zookeeper\"", "2:1: fleet.service: \"zookeeper\" is not allowed; \"none\", \"etcd\", \"fleetlock\" are")]
    [InlineData("service = \"etcd\"", "2:1: fleet.service: needs fleet.endpoints")]
    [InlineData("service = \"etcd\"\nendpoints = []", "2:1: fleet.service: needs fleet.endpoints")]
    [InlineData("endpoints = [\"https://a\"]", "is of no use without fleet.service")]
    [InlineData("service = \"etcd\"\nendpoints = [\"etcd1:2379\"]", "\"etcd1:2379\" is no address of a service")]
    [InlineData("service = \"etcd\"\nendpoints = [\"https://u:p@a\"]", "is no address of a service")]
    [InlineData("service = \"etcd\"\nendpoints = [\"https://a\", \"https://a\"]", "\"https://a\" is named twice")]
    [InlineData("group = \"a/b\"", "\"a/b\" is no name of a group")]
    [InlineData("member = \"a/b\"", "\"a/b\" is no name of a member")]
    [InlineData("limit = 0", "0 is out of range; 1 to 1000")]
    [InlineData("ttl = \"1s\"", "out of range; 5s to 1h")]
    [InlineData("deadline = \"0s\"", "out of range; 1s to 5m")]
    [InlineData("ca_file = \"ca.pem\"", "is not an absolute path; it must begin with /; or write \"none\"")]
    [InlineData("cert_file = \"/a\"", "fleet.cert_file: needs fleet.key_file too")]
    [InlineData("password_file = \"/a\"", "fleet.password_file: needs fleet.user too")]
    [InlineData("service = \"fleetlock\"\nendpoints = [\"https://a\"]\nlimit = 2", "fleet.limit: is for fleet.service \"etcd\"")]
    [InlineData("service = \"etcd\"\nendpoints = [\"http://a:2379\"]\nuser = \"u\"\npassword_file = \"/p\"", "fleet.user: has its password sent to a:2379 for all to read")]
    public void What_is_wrong_is_told_with_its_place(string text, string problem) =>
        string.Join('\n', Problems("[fleet]\n" + text)).ShouldContain(problem);
}
