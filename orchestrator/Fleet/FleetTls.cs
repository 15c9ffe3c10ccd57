using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>Connections to a fleet's service.</summary>
internal static class FleetTls
{
    /// <summary>Makes the handler that connects as the configuration says.</summary>
    /// <exception cref="EnvironmentException">A certificate or a key cannot be read.</exception>
    public static SocketsHttpHandler MakeHandler(FleetSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Deadline,
            // A connection whose other side has gone without a word is not asked on for ever.
            KeepAlivePingDelay = settings.Deadline,
            KeepAlivePingTimeout = settings.Deadline,
        };
        try
        {
            handler.SslOptions = Describe(settings);
            return handler;
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Describe(FleetSettings settings)
    {
        var options = new SslClientAuthenticationOptions();
        if (settings.AuthorityFile is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Read(authorities, static path =>
            {
                var certificates = new X509Certificate2Collection();
                certificates.ImportFromPemFile(path);
                return certificates.Count > 0 ? certificates : throw new CryptographicException("it holds no certificate in PEM");
            }));
            options.CertificateChainPolicy = policy;
        }

        if (settings is { CertificateFile: { } certificate, KeyFile: { } key })
        {
            var secret = SecretFile.ReadText(key);
            options.ClientCertificates = [Read(certificate, path => X509Certificate2.CreateFromPem(File.ReadAllText(path), secret))];
        }

        return options;
    }

    private static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new EnvironmentException($"{path} cannot be used: {exception.Message}", "See that it is a certificate in PEM, and that its key belongs to it.", exception);
        }
    }
}
