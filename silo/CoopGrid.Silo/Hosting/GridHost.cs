using System.Net;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Silo.Grpc;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using CoopGrid.Silo.Ledger.Sqlite;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>Builds the silo's process: storage, Orleans, gRPC and health, in that order.</summary>
internal static class GridHost
{
    private const string Checkpoints = $"{GridSettings.Section}:Checkpoints";
    private const string Ledger = $"{GridSettings.Section}:Ledger";

    /// <summary>Makes the host; storage is opened here, so a data folder that cannot be used stops the start.</summary>
    /// <exception cref="OptionsValidationException">A setting is out of range; the message names it.</exception>
    /// <exception cref="CharterException">The charter is missing or wrong; the message names the fields.</exception>
    /// <exception cref="StorageStartException">The data folder or a database in it cannot be used; the message says what to do.</exception>
    public static WebApplication Build(string[] args) => Build(args, TimeProvider.System);

    /// <param name="clock">The time that the grid goes by; Orleans goes by the machine's.</param>
    /// <inheritdoc cref="Build(string[])"/>
    internal static WebApplication Build(string[] args, TimeProvider clock)
    {
        bool demonstrate = args.Contains(Demonstration.Flag);
        args = [.. args.Where(argument => argument != Demonstration.Flag)];

        WebApplicationBuilder builder = BuilderOf(args);
        builder.Services.AddSingleton(new GridClock(clock));
        builder.Services.AddOptionsWithValidateOnStart<GridSettings>().BindConfiguration(GridSettings.Section).ValidateDataAnnotations();
        GridSettings settings = Validated(builder.Configuration);
        LedgerOptions ledger = LedgerOf(builder.Configuration);
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton(FoundingCharter.Read(settings.Charter));
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, settings));

        GridStorage storage = AddStorage(builder.Services, settings, ledger, clock);
        builder.UseOrleans(silo => silo.AddGridSilo(settings, storage));
        builder.Services.AddOptions<CheckpointOptions>().BindConfiguration(Checkpoints).ValidateDataAnnotations();
        AddDoors(builder.Services, settings);
        if (demonstrate) builder.AddDemonstration();

        WebApplication host = builder.Build();
        MapDoors(host);
        return host;
    }

    /// <summary>The settings as a silo that is started with the same arguments would have them.</summary>
    /// <exception cref="OptionsValidationException">A setting is out of range; the message names it.</exception>
    internal static GridSettings SettingsOf(string[] args) => Validated(BuilderOf(args).Configuration);

    private static WebApplicationBuilder BuilderOf(string[] args) =>
        WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    private static GridSettings Validated(ConfigurationManager configuration)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddOptions<GridSettings>().BindConfiguration(GridSettings.Section).ValidateDataAnnotations();
        services.AddOptions<CheckpointOptions>().BindConfiguration(Checkpoints).ValidateDataAnnotations();
        using ServiceProvider provider = services.BuildServiceProvider();
        return Named(() =>
        {
            _ = provider.GetRequiredService<IOptions<CheckpointOptions>>().Value;
            return provider.GetRequiredService<IOptions<GridSettings>>().Value;
        });
    }

    private static LedgerOptions LedgerOf(ConfigurationManager configuration) => Named(() =>
    {
        LedgerOptions options = configuration.GetSection(Ledger).Get<LedgerOptions>() ?? new();
        options.Validate();
        return options;
    });

    /// <summary>What a binder or a range check says names the setting; it becomes a failure that an operator is told in a sentence.</summary>
    private static T Named<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw new OptionsValidationException(GridSettings.Section, typeof(GridSettings), [wrong.Message]);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, GridSettings settings)
    {
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
        kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 18;
        kestrel.Listen(IPAddress.Parse(settings.Grpc.Address), settings.Grpc.Port, listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.Listen(IPAddress.Parse(settings.Http.Address), settings.Http.Port, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static GridStorage AddStorage(IServiceCollection services, GridSettings settings, LedgerOptions ledger, TimeProvider clock)
    {
        var kept = new SegmentsKept(ledger.KeepDays);
        GridStorage opened = settings.Storage == GridSettings.Postgres
            ? PostgresStorage.Open(settings.ConnectionString!, clock, kept)
            : SqliteStorage.Open(settings.DataPath, clock, kept);
        services.AddSingleton(_ => opened);
        services.AddSingleton(opened.Ledger);
        services.AddSingleton(opened.Directory);
        services.AddSingleton(opened.Claims);
        services.AddSingleton(opened.Classes);
        services.AddSingleton(opened.Prices);
        services.AddSingleton(opened.Slices);
        services.AddSingleton(opened.Books);
        services.AddBills(opened.Bills);
        services.AddSingleton(opened.Checkpoints);
        return opened;
    }

    private static void AddDoors(IServiceCollection services, GridSettings settings)
    {
        services.AddSingleton<Coops>();
        services.AddSingleton<Senders>();
        services.AddSingleton<GridHealth>();
        services.AddSingleton<MemberGrains>();
        services.AddSingleton<SiloDoors>();
        services.AddSingleton<Addressees>();
        services.AddSingleton<AdmissionDesk>();
        if (settings.Storage == GridSettings.Postgres)
        {
            services.AddHostedService<SenderWatch>();
            services.AddHostedService(all => ActivatorUtilities.CreateInstance<SpareThreads>(all, all.GetRequiredService<GridStorage>().MostConnections));
        }

        services.AddHostedService<Founding>();
        services.AddHostedService<SealWatch>();
        services.AddHostedService<ClosingWatch>();

        // Admission and metering see to their failures themselves: each item of a batch has its own outcome.
        services.AddGrpc()
            .AddServiceOptions<MembersService>(members => members.Interceptors.Add<FailuresAreUnavailable>())
            .AddServiceOptions<ClassesService>(classes => classes.Interceptors.Add<FailuresAreUnavailable>())
            .AddServiceOptions<MarketService>(market => market.Interceptors.Add<FailuresAreUnavailable>())
            .AddServiceOptions<BillingService>(billing => billing.Interceptors.Add<FailuresAreUnavailable>())
            .AddServiceOptions<GovernanceService>(governance => governance.Interceptors.Add<FailuresAreUnavailable>());
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck<GridHealth>("grid");
    }

    private static void MapDoors(WebApplication host)
    {
        host.MapGrpcService<AdmissionService>();
        host.MapGrpcService<BillingService>();
        host.MapGrpcService<ClassesService>();
        host.MapGrpcService<GovernanceService>();
        host.MapGrpcService<MarketService>();
        host.MapGrpcService<MembersService>();
        host.MapGrpcService<MeteringService>();
        host.MapGrpcHealthChecksService();
        host.MapGrpcReflectionService();
        host.MapHealthChecks("/health");

        // Whether the process answers at all. One that only waits for its database must not be killed for it.
        host.MapHealthChecks("/alive", new() { Predicate = _ => false });
    }
}
